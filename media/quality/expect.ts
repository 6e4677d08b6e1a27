/** What a segment must be, from the plan and the packets that the source has there. Pure. */
import { reorderDelay, type Packet } from "../cmaf/samples.ts";
import { AAC_FRAME } from "../aac.ts";
import { audioFrame } from "../ffmpeg/audio-arguments.ts";
import { isKept } from "../frame-rate.ts";
import type { AudioRendition, Plan, VideoRendition } from "../plan.ts";
import { rescaleCeil } from "../rational.ts";
import type { Expectation } from "./structure.ts";

/**
 * `packets`: the source's own, in decode order with times of the source; those of the segment must be among them. They
 * are not known where only FFmpeg can read the source: then the grid says how many frames there are.
 */
export function expectVideo(plan: Plan, rendition: VideoRendition, segment: number, packets: readonly Packet[] | undefined): Expectation {
  const { video, originTicks } = plan.facts;
  const [start, end] = [plan.boundaries[segment] ?? 0, plan.boundaries[segment + 1] ?? 0];
  const common = { kind: "video" as const, start, end, reorderTicks: reorderDelay(rendition.frameRate, plan.timescale) };
  if (plan.cut === "grid") {
    const frameTicks = (plan.timescale / rendition.frameRate.num) * rendition.frameRate.den;
    return { ...common, times: Array.from({ length: Math.round((end - start) / frameTicks) }, (_, index) => start + index * frameTicks) };
  }
  if (packets === undefined) return common;
  const own = packets.filter(({ pts }) => pts - originTicks >= start && pts - originTicks < end);
  if (rendition.mode === "repackage") return { ...common, times: timesOf(own, originTicks), packets: own };
  const times = timesOf(own, originTicks).filter((time) => isKept(time, video));
  if (times[0] === start) return { ...common, times };
  // The frame that stands at the boundary is shown again. What stood at the very beginning was cut off with it, or not.
  return segment === 0 ? common : { ...common, times: [start, ...times] };
}

const timesOf = (packets: readonly Packet[], originTicks: number): number[] => packets.map(({ pts }) => pts - originTicks).sort((a, b) => a - b);

/** An encode sits on the codec's grid of frames; `packets` are a repackaged source's. */
export function expectAudio(plan: Plan, rendition: AudioRendition, segment: number, packets: readonly Packet[] | undefined): Expectation {
  if (rendition.mode === "encode") {
    const first = audioFrame(plan, rendition, segment);
    const frames = Math.max(1, audioFrame(plan, rendition, segment + 1) - first);
    return { kind: "audio", start: first * AAC_FRAME, end: (first + frames) * AAC_FRAME, reorderTicks: 0, times: Array.from({ length: frames }, (_, index) => (first + index) * AAC_FRAME) };
  }
  const audio = plan.facts.audio[rendition.track];
  const [timescale, boundary] = [audio?.timescale ?? 1, plan.boundaries[segment] ?? 0];
  const origin = rescaleCeil(plan.facts.originTicks, plan.facts.video.timescale, timescale);
  const last = packets?.at(-1);
  if (packets === undefined || last === undefined) {
    // Where the sound has ended or not begun, one frame of silence stands.
    const [start, end] = [rescaleCeil(boundary, plan.timescale, timescale), rescaleCeil(plan.boundaries[segment + 1] ?? 0, plan.timescale, timescale)];
    return { kind: "audio", start, end: start + Math.max(1, Math.min(AAC_FRAME, end - start)), reorderTicks: 0, times: [start] };
  }
  return { kind: "audio", start: (packets[0]?.pts ?? 0) - origin, end: last.pts + (last.duration ?? 0) - origin, reorderTicks: 0, times: timesOf(packets, origin), packets };
}
