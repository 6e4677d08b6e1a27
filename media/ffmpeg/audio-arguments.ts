/** FFmpeg's arguments for a run that encodes consecutive segments of the audio. Pure. */
import { AUDIO_KBPS } from "../ladder.ts";
import type { AudioRendition, Plan } from "../plan.ts";
import { formatSeconds, rescaleCeil, rescaleFloor } from "../rational.ts";
import { FRAGMENTED_OUTPUT, GUEST_OPTIONS, inputGuard, type FfmpegArguments } from "./guest.ts";

/** Samples in a frame of AAC-LC (ISO/IEC 14496-3). */
export const AAC_FRAME = 1024;
/** Frames encoded before the first that is kept: by then the encoder is where one pass would be. */
export const PRIMING_FRAMES = 8;
/** The window of the last frame kept reaches into the next one: cut there, every joint would click. */
const TAIL_FRAMES = 2;
/** FFmpeg's AAC encoder puts one frame of its own delay in front. */
export const ENCODER_DELAY_FRAMES = 1;

export interface AudioRun { plan: Plan; rendition: AudioRendition; first: number; last: number; url: string }

/** Segment n holds the frames [audioFrame(n), audioFrame(n + 1)) of a grid that starts with the timeline. */
export function audioFrame(plan: Plan, rendition: AudioRendition, segment: number): number {
  return rescaleCeil(plan.boundaries[segment] ?? 0, plan.timescale * AAC_FRAME, rendition.sampleRate);
}

export function audioArguments({ plan, rendition, first, last, url }: AudioRun): FfmpegArguments {
  const { sampleRate } = rendition;
  const { originTicks, video, audio } = plan.facts;
  const origin = rescaleFloor(originTicks, video.timescale, sampleRate);
  const from = origin + (audioFrame(plan, rendition, first) - PRIMING_FRAMES) * AAC_FRAME;
  const samples = (audioFrame(plan, rendition, last + 1) - audioFrame(plan, rendition, first) + PRIMING_FRAMES + TAIL_FRAMES) * AAC_FRAME;
  const seek = first === 0 ? [] : ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", formatSeconds(from - sampleRate, sampleRate)];
  return {
    input: url,
    inputOptions: [...GUEST_OPTIONS, ...inputGuard("file"), "-copyts", ...seek],
    outputOptions: [
      "-map", `0:a:${audio?.index ?? 0}`,
      // Gaps become silence, and silence stands where there is no sound yet, or no more.
      "-af", `aresample=${sampleRate}:async=1:first_pts=${from},atrim=start_pts=${from}:end_pts=${from + samples},asetpts=N,apad=whole_len=${samples}`,
      "-c:a", "aac", "-aac_coder", "fast", // its default starts every run with half a second of noise
      "-b:a", `${AUDIO_KBPS}k`, "-ac", String(rendition.channels), "-ar", String(sampleRate),
      ...FRAGMENTED_OUTPUT.filter((option) => option !== "-an"), "-vn", "-frag_duration", "1000000",
    ],
  };
}
