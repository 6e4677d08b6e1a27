/** FFmpeg's arguments for the two runs that make a clip: one of its picture, one of its sound. Pure. */
import type { Facts } from "../facts.ts";
import { AUDIO_KBPS } from "../ladder.ts";
import { formatSeconds } from "../rational.ts";
import { AAC_FRAME } from "../aac.ts";
import { ENCODER_DELAY_FRAMES, PRIMING_FRAMES } from "./audio-arguments.ts";
import { FRAGMENTED_OUTPUT, GUEST_OPTIONS, type FfmpegArguments } from "./guest.ts";
import { sayColours, scaler, toSdr, turn, weave } from "./picture-filters.ts";
import type { VideoInput } from "./video-arguments.ts";

export interface ClipVideoRun {
  facts: Facts;
  /** Ticks of the video track, on the timeline: the clip is [start, end), and the first frame shown in it has the time `first`. */
  start: number;
  end: number;
  first: number;
  width: number;
  height: number;
  input: VideoInput;
  threads: number;
}

export interface ClipAudioRun {
  facts: Facts;
  /** Position in the facts' `audio`. */
  track: number;
  sampleRate: number;
  channels: number;
  /** Samples of the source, from its own time 0: [from, to). */
  from: number;
  to: number;
  url: string;
}

/** Encoded frames of sound that only lead up to the clip. */
export const CLIP_LEAD_FRAMES = PRIMING_FRAMES + ENCODER_DELAY_FRAMES;
/** The window of the last frame reaches into the next one. */
const TAIL_FRAMES = 2;
const SEEK_MARGIN_SEC = 1;
/** A clip is at most this many thousand bits a second: it is put together in memory. */
export const CLIP_VIDEO_KBPS = 5_000;

export function clipVideoArguments(run: ClipVideoRun): FfmpegArguments {
  const { facts, input, threads } = run;
  const { video } = facts;
  return {
    input: input.kind === "packets" ? "pipe:0" : input.url,
    inputOptions: [
      ...GUEST_OPTIONS, "-copyts", "-reinit_filter", "0",
      ...(input.kind === "packets" ? ["-f", "mp4", "-noautorotate"] : seek(facts, run.first)),
    ],
    outputOptions: [
      "-map", `0:v:${input.kind === "packets" ? 0 : video.index}`, "-vf", filters(run).join(","),
      "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "21", "-maxrate", `${CLIP_VIDEO_KBPS}k`, "-bufsize", `${CLIP_VIDEO_KBPS}k`,
      "-x264-params", "open-gop=0", "-threads", String(threads), "-enc_time_base", `1:${video.timescale}`,
      "-fps_mode", "passthrough", "-video_track_timescale", String(video.timescale), ...FRAGMENTED_OUTPUT,
    ],
  };
}

function seek({ video, originTicks }: Facts, first: number): string[] {
  const from = first - SEEK_MARGIN_SEC * video.timescale;
  return from <= 0 ? [] : ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", formatSeconds(originTicks + from, video.timescale)];
}

function filters({ facts, start, end, first, width, height, input }: ClipVideoRun): string[] {
  const { video, originTicks } = facts;
  const offset = input.kind === "packets" ? input.offset : originTicks;
  return [
    ...(offset === 0 ? [] : [`setpts=PTS-${offset}`.replace("--", "+")]),
    ...weave(video),
    `trim=start_pts=${first}:end_pts=${end}`,
    `setpts='if(N,PTS-${start},0)'`, // the first frame is there from the beginning
    ...(input.kind === "packets" ? turn(video) : []),
    ...sayColours(video),
    `scale=${width}:${height}:flags=${scaler(video, width)}:out_range=tv`,
    ...toSdr(video),
    "setsar=1", "format=yuv420p",
  ];
}

export function clipAudioArguments({ facts, track, sampleRate, channels, from, to, url }: ClipAudioRun): FfmpegArguments {
  const start = from - PRIMING_FRAMES * AAC_FRAME;
  const samples = to - from + (PRIMING_FRAMES + TAIL_FRAMES) * AAC_FRAME;
  const seekTo = start - sampleRate;
  return {
    input: url,
    inputOptions: [...GUEST_OPTIONS, "-copyts", ...(seekTo <= 0 ? [] : ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", formatSeconds(seekTo, sampleRate)])],
    outputOptions: [
      "-map", `0:a:${facts.audio[track]?.index ?? 0}`,
      // Gaps become silence, and silence stands where there is no sound yet, or no more.
      "-af", `aresample=${sampleRate}:async=1:first_pts=${start},atrim=start_pts=${start}:end_pts=${start + samples},asetpts=N,apad=whole_len=${samples}`,
      "-c:a", "aac", "-aac_coder", "fast", "-b:a", `${AUDIO_KBPS}k`, "-ac", String(channels), "-ar", String(sampleRate),
      ...FRAGMENTED_OUTPUT.filter((option) => option !== "-an"), "-vn",
    ],
  };
}
