/**
 * FFmpeg's arguments for looking at segments, and at what the source has in their place. Decoded frames come out as
 * small pictures in fragments of a QuickTime file, one a frame: so each has its time, and our own reader reads it. Pure.
 */
import type { Facts } from "../facts.ts";
import type { Size } from "../quality/picture.ts";
import { formatSeconds } from "../rational.ts";
import { GUEST_OPTIONS, type FfmpegArguments } from "./guest.ts";
import { toSdr } from "./picture-filters.ts";

/** Samples a second of the sound that is looked at: one byte-saving channel of telephone quality tells silence from speech. */
export const SOUND_RATE = 8_000;

/** Init and segments of one video rendition on standard input: all frames, as pictures of this size. */
export function pictureArguments({ size, timescale, threads, scaler = "area" }: { size: Size; timescale: number; threads: number; scaler?: "area" | "bicubic" }): FfmpegArguments {
  return {
    input: "pipe:0",
    inputOptions: [...GUEST_OPTIONS, "-copyts", "-threads", String(threads), "-f", "mp4"],
    outputOptions: ["-map", "0:v:0", "-vf", `scale=${size.width}:${size.height}:flags=${scaler}:out_range=tv`, ...pictureOutput(timescale)],
  };
}

/**
 * The same of segments whose frames are the source's own, bit by bit: that they can be decoded, and when they are shown.
 * A corner of each will do.
 */
export function cornerArguments({ timescale, threads }: { timescale: number; threads: number }): FfmpegArguments {
  return {
    input: "pipe:0",
    inputOptions: [...GUEST_OPTIONS, "-copyts", "-threads", String(threads), "-skip_loop_filter", "all", "-f", "mp4"],
    outputOptions: ["-map", "0:v:0", "-vf", `crop=${CORNER.width}:${CORNER.height}:0:0`, ...pictureOutput(timescale)],
  };
}

export const CORNER: Size = { width: 2, height: 2 };

/**
 * What the source has, sampled: frames at least `everyTicks` apart, between `from` and `to` in ticks of the video track
 * as the timeline has them. `packets`: on standard input, with the source's rotation in their init segment, so that
 * FFmpeg turns them by itself and a fault in our own turning shows. `file`: at a URL of the node's own loopback.
 */
export interface ReferenceRun {
  facts: Facts;
  size: Size;
  from: number;
  to: number;
  everyTicks: number;
  /** Frames that are wanted whatever their distance: they stand where a segment begins. */
  held: readonly number[];
  threads: number;
  input: { kind: "packets"; offset: number } | { kind: "file"; url: string };
}

export function referenceArguments({ facts, size, from, to, everyTicks, held, threads, input }: ReferenceRun): FfmpegArguments {
  const { video, originTicks } = facts;
  const packets = input.kind === "packets";
  const offset = packets ? input.offset : originTicks;
  const seconds = Math.floor(((originTicks + from) / video.timescale - SEEK_MARGIN_SEC) * 1e6);
  const filters = [
    ...(packets ? [] : [`settb=1/${video.timescale}`]), // AVI's own has a numerator
    ...(offset === 0 ? [] : [`setpts=PTS-${offset}`.replace("--", "+")]),
    `select='between(pts,${from},${to - 1})*(isnan(prev_selected_pts)+gte(pts-prev_selected_pts,${everyTicks})${held.map((time) => `+eq(pts,${time})`).join("")})'`,
    `scale=${size.width}:${size.height}:flags=area:out_range=tv`,
    ...(video.hdr ? [...toSdr(video), "format=yuv420p"] : []), // said, or it would be made of RGB with another matrix
    // FFmpeg turns what is told to be turned, but mirrors nothing; a picture that was turned is mirrored along its other side.
    ...(packets && video.mirrored ? [video.rotation % 180 === 0 ? "hflip" : "vflip"] : []),
  ];
  return {
    input: packets ? "pipe:0" : input.url,
    inputOptions: [
      ...GUEST_OPTIONS, "-copyts", "-threads", String(threads),
      "-skip_frame", "noref", // frames that no other needs are not decoded: a third to a half of them
      ...(packets ? ["-f", "mp4"] : from === 0 ? [] : ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", formatSeconds(seconds, 1_000_000)]),
    ],
    outputOptions: ["-map", `0:v:${packets ? 0 : video.index}`, "-vf", filters.join(","), ...(packets ? [] : ["-to", formatSeconds(originTicks + to, video.timescale)]), ...pictureOutput(video.timescale)],
  };
}

/** A seek lands where the demuxer likes: this much early the first frame is surely not missed. */
const SEEK_MARGIN_SEC = 1;

/** Frames in UYVY, which QuickTime can hold raw, with the times they had. */
const pictureOutput = (timescale: number): string[] => [
  "-c:v", "rawvideo", "-pix_fmt", "uyvy422", "-fps_mode", "passthrough", "-enc_time_base", `1:${timescale}`, "-video_track_timescale", String(timescale),
  "-an", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1", "-avoid_negative_ts", "disabled", "-movflags", "+frag_every_frame+empty_moov+default_base_moof+frag_discont", "-f", "mov",
];

/** Init and segments of one audio rendition on standard input: 16-bit samples, little-endian, one channel. */
export function soundArguments(): FfmpegArguments {
  return {
    input: "pipe:0",
    inputOptions: [...GUEST_OPTIONS, "-f", "mp4"],
    outputOptions: ["-map", "0:a:0", ...SOUND_OUTPUT],
  };
}

/** What the source sounds like in the same span, in seconds of the source; silence where it has none. */
export function soundReferenceArguments({ url, track, from, to }: { url: string; track: number; from: number; to: number }): FfmpegArguments {
  const micros = (seconds: number): string => formatSeconds(Math.round(seconds * 1e6), 1_000_000);
  const [first, samples] = [Math.round(from * SOUND_RATE), Math.round((to - from) * SOUND_RATE)];
  return {
    input: url,
    inputOptions: [...GUEST_OPTIONS, "-copyts", ...(from <= SEEK_MARGIN_SEC ? [] : ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", micros(from - SEEK_MARGIN_SEC)])],
    outputOptions: [
      "-map", `0:a:${track}`,
      "-af", `aresample=${SOUND_RATE}:async=1:first_pts=${first},atrim=start_pts=${first}:end_pts=${first + samples},asetpts=N,apad=whole_len=${samples}`,
      ...SOUND_OUTPUT,
    ],
  };
}

const SOUND_OUTPUT: readonly string[] = ["-vn", "-sn", "-dn", "-ac", "1", "-ar", String(SOUND_RATE), "-c:a", "pcm_s16le", "-f", "s16le"];
