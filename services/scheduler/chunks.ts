/** Pure: how the segments that a policy wants are grouped into chunks, and which come first. */
import type { Plan, Rendition } from "../../media/plan.ts";
import { plannedSegments, type Policy } from "../../media/policy.ts";
import type { ChunkJob } from "../../mixins/queue-worker.ts";
import type { Lane } from "../transcoder/transcoder.contract.ts";
import type { Priority } from "../videos/videos.contract.ts";

/** One FFmpeg run: long enough that starting it costs little, short enough to lose and to spread over nodes. */
const ENCODE_SEGMENTS = 5;
const REPACKAGE_SEGMENTS = 40;
/** Segments after the one being watched that are made before they are asked for. */
const READ_AHEAD = 4;
/** Priorities of one class of videos: BullMQ's end at 2 million, and two classes share them. */
const STEPS = 1_000_000;

export const laneOf = (priority: Priority): Lane => (priority === "low" ? "bulk" : "normal");

/**
 * The chunks of a video in which `isStored` finds a segment missing. Opening first, in the order of the renditions (what is
 * cheap and what the weakest line needs before the rest), `high` before `normal`.
 */
export function planChunks(videoId: string, plan: Plan, policy: Policy, priority: Priority, isStored: (rendition: string, segment: number) => boolean): ChunkJob[] {
  const lane = laneOf(priority);
  const base = priority === "normal" ? STEPS : 1;
  return renditionsByUrgency(plan).flatMap((rendition, rank) => {
    const wanted = plannedSegments(plan, rendition, policy);
    const size = rendition.mode === "repackage" ? REPACKAGE_SEGMENTS : ENCODE_SEGMENTS;
    const jobs: ChunkJob[] = [];
    for (let first = 0; first < wanted; first += size) {
      const last = Math.min(first + size, wanted) - 1;
      const missing = Array.from({ length: last - first + 1 }, (_, i) => first + i).some((segment) => !isStored(rendition.name, segment));
      const startSec = Math.floor((plan.boundaries[first] ?? 0) / plan.timescale);
      if (missing) jobs.push({ id: `${videoId}-${rendition.name}-${first}`, chunk: { videoId, rendition: rendition.name, first, last, lane }, priority: base + Math.min(STEPS - 1, startSec * 8 + rank) });
    }
    return jobs;
  });
}

function renditionsByUrgency(plan: Plan): Rendition[] {
  const encodes = plan.video.filter((r) => r.mode === "encode").toSorted((a, b) => a.bandwidth - b.bandwidth);
  const repackaged = plan.video.filter((r) => r.mode === "repackage");
  return [...(plan.audio === undefined ? [] : [plan.audio]), ...repackaged, ...encodes];
}

/** What a viewer at `segment` will want next, when it is not there; none when it is. */
export function planReadAhead(videoId: string, plan: Plan, rendition: Rendition, segment: number, isStored: (segment: number) => boolean): ChunkJob | undefined {
  const count = plan.boundaries.length - 1;
  const next = Array.from({ length: READ_AHEAD }, (_, i) => segment + 1 + i).filter((n) => n < count);
  const first = next.find((n) => !isStored(n));
  const last = next.at(-1);
  if (rendition.mode === "repackage" || first === undefined || last === undefined) return undefined;
  return { id: `${videoId}-${rendition.name}-ahead-${first}`, chunk: { videoId, rendition: rendition.name, first, last, lane: "play" }, priority: 1 };
}
