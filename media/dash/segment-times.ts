/** When each segment of a rendition begins, for SegmentTimeline. Pure. */
import { AAC_FRAME } from "../aac.ts";
import { audioFrame } from "../ffmpeg/audio-arguments.ts";
import type { AudioRendition, Plan, Rendition } from "../plan.ts";
import { rescaleCeil } from "../rational.ts";
import { nextFrameTime } from "../silence.ts";

/** Segment n is [times[n], times[n + 1]) in ticks of `timescale`. */
export interface SegmentTimes { timescale: number; times: number[] }

export function segmentTimes(plan: Plan, rendition: Rendition): SegmentTimes {
  if (rendition.kind === "video") return { timescale: plan.timescale, times: plan.boundaries };
  if (rendition.mode === "repackage") return repackagedTimes(plan, rendition);
  return { timescale: rendition.sampleRate, times: plan.boundaries.map((_, n) => audioFrame(plan, rendition, n) * AAC_FRAME) };
}

/**
 * A repackaged packet keeps its time and belongs to the segment in which it begins: the first of a segment is the first on the
 * grid of frames that the sound is on. Where the sound has a gap, it may be a little later; players bridge that.
 */
function repackagedTimes({ boundaries, timescale, facts }: Plan, { track }: AudioRendition): SegmentTimes {
  const audio = facts.audio[track];
  if (audio === undefined) return { timescale, times: boundaries };
  const grid = { start: audio.start - rescaleCeil(facts.originTicks, facts.video.timescale, audio.timescale), timescale: audio.timescale, sampleRate: audio.sampleRate };
  const edges = boundaries.map((boundary) => rescaleCeil(boundary, timescale, audio.timescale));
  const times = edges.map((edge, n) => {
    const end = edges[n + 1];
    const packet = end === undefined ? edge : nextFrameTime(grid, edge);
    return end === undefined || packet >= end ? edge : packet;
  });
  return { timescale: audio.timescale, times };
}
