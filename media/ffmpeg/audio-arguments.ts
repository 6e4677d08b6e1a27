/** FFmpeg's arguments for a run that encodes consecutive segments of the audio. Pure. */
import { AAC_FRAME } from "../aac.ts";
import { AUDIO_KBPS } from "../ladder.ts";
import type { AudioRendition, Plan } from "../plan.ts";
import { formatSeconds, gcd, rescaleCeil, rescaleFloor } from "../rational.ts";
import { AAC_EFFORT, type Effort } from "./effort.ts";
import { FRAGMENTED_OUTPUT, GUEST_OPTIONS, type FfmpegArguments } from "./guest.ts";

/** Frames encoded before the first that is kept: by then the encoder is where one pass would be. */
export const PRIMING_FRAMES = 8;
/** The window of the last frame kept reaches into the next one: cut there, every joint would click. */
const TAIL_FRAMES = 2;
/** FFmpeg's AAC encoder puts one frame of its own delay in front. */
export const ENCODER_DELAY_FRAMES = 1;

export interface AudioRun { plan: Plan; rendition: AudioRendition; first: number; last: number; url: string; effort?: Effort }

/** Segment n holds the frames [audioFrame(n), audioFrame(n + 1)) of a grid that starts with the timeline. */
export function audioFrame(plan: Plan, rendition: AudioRendition, segment: number): number {
  return rescaleCeil(plan.boundaries[segment] ?? 0, plan.timescale * AAC_FRAME, rendition.sampleRate);
}

export function audioArguments({ plan, rendition, first, last, url, effort = "usual" }: AudioRun): FfmpegArguments {
  const { sampleRate } = rendition;
  const { originTicks, video } = plan.facts;
  const origin = rescaleFloor(originTicks, video.timescale, sampleRate);
  const from = origin + (audioFrame(plan, rendition, first) - PRIMING_FRAMES) * AAC_FRAME;
  const samples = (audioFrame(plan, rendition, last + 1) - audioFrame(plan, rendition, first) + PRIMING_FRAMES + TAIL_FRAMES) * AAC_FRAME;
  const seek = first === 0 ? [] : ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", formatSeconds(from - sampleRate, sampleRate)];
  return {
    input: url,
    inputOptions: [...GUEST_OPTIONS, "-copyts", ...seek],
    outputOptions: [
      "-map", `0:a:${plan.facts.audio[rendition.track]?.index ?? 0}`,
      "-af", [
        ...resample(plan.facts.audio[rendition.track]?.sampleRate ?? sampleRate, sampleRate, from),
        `atrim=start_pts=${from}:end_pts=${from + samples}`, "asetpts=N", `apad=whole_len=${samples}`,
      ].join(","),
      "-c:a", "aac", ...AAC_EFFORT[effort],
      "-b:a", `${AUDIO_KBPS}k`, "-ac", String(rendition.channels), "-ar", String(sampleRate),
      ...FRAGMENTED_OUTPUT.filter((option) => option !== "-an"), "-vn",
    ],
  };
}

/**
 * Sound from `from` on at the latest, in samples of `rate`. Gaps become silence, and silence stands where there is no sound
 * yet, or no more: at the source's own rate, which is what `first_pts` counts in. It begins where a sample of the one rate
 * stands on one of the other, so that every run of a source resamples at the same instants.
 */
function resample(sourceRate: number, rate: number, from: number): string[] {
  const common = gcd(sourceRate, rate);
  const steps = Math.floor((from * common) / rate);
  const filled = `aresample=${sourceRate}:async=1:first_pts=${(steps * sourceRate) / common}`;
  return sourceRate === rate ? [filled] : [filled, `aresample=${rate}`];
}
