/** Pure: how the segments that a policy wants are grouped into chunks, and which come first. */
import type { Plan, Rendition } from "../../media/plan.ts";
import { plannedSegments, type Policy } from "../../media/policy.ts";
import { planStoryboard, STORYBOARD } from "../../media/storyboard.ts";
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
 * cheap before what is not), `high` before `normal`. Encodes of the picture are made together where the policy wants several.
 */
export function planChunks(videoId: string, plan: Plan, policy: Policy, priority: Priority, isStored: (rendition: string, segment: number) => boolean): ChunkJob[] {
  const lane = laneOf(priority);
  const base = priority === "normal" ? STEPS : 1;
  return groupsByUrgency(plan).flatMap((group, rank) => spansOf(plan, group, policy).flatMap(({ first, last, renditions }) => {
    const isComplete = (rendition: string): boolean => Array.from({ length: last - first + 1 }, (_, i) => first + i).every((segment) => isStored(rendition, segment));
    const missing = renditions.filter((rendition) => !isComplete(rendition));
    if (missing.length === 0) return [];
    const startSec = Math.floor((plan.boundaries[first] ?? 0) / plan.timescale);
    // Of its group, not of what is missing: what waits already is not added again.
    const id = `${videoId}-${group.length === 1 ? renditions.join("") : "picture"}-${first}`;
    return [{ id, chunk: { videoId, renditions: missing, first, last, lane }, priority: base + Math.min(STEPS - 1, startSec * 8 + rank) }];
  }));
}

/** Sheets of previews, after everything that is to be watched. With policy `lazy` they are made when they are asked for. */
export function planSheets(videoId: string, plan: Plan, policy: Policy): ChunkJob[] {
  if (policy === "lazy") return [];
  return Array.from({ length: planStoryboard(plan.facts).sheets }, (_, sheet) => ({
    id: `${videoId}-${STORYBOARD}-${sheet}`, chunk: { videoId, renditions: [STORYBOARD], first: sheet, last: sheet, lane: "bulk" }, priority: 2 * STEPS,
  }));
}

/** What one run makes together. */
function groupsByUrgency(plan: Plan): Rendition[][] {
  const encodes = plan.video.filter((r) => r.mode === "encode").toSorted((a, b) => a.bandwidth - b.bandwidth);
  const repackaged = plan.video.filter((r) => r.mode === "repackage");
  return [...[...plan.audio, ...repackaged].map((rendition) => [rendition]), encodes].filter((group) => group.length > 0);
}

/** Runs of segments that the policy wants of the same renditions of a group; a new one also begins where it wants no more of one. */
function spansOf(plan: Plan, group: readonly Rendition[], policy: Policy): { first: number; last: number; renditions: string[] }[] {
  const wanted = group.map((rendition) => ({ rendition, count: plannedSegments(plan, rendition, policy) }));
  const spans: { first: number; last: number; renditions: string[] }[] = [];
  for (let first = 0; ;) {
    const going = wanted.filter(({ count }) => count > first);
    if (going.length === 0) return spans;
    const size = going.every(({ rendition }) => rendition.mode === "repackage") ? REPACKAGE_SEGMENTS : ENCODE_SEGMENTS;
    const end = Math.min(first + size, ...going.map(({ count }) => count));
    spans.push({ first, last: end - 1, renditions: going.map(({ rendition }) => rendition.name) });
    first = end;
  }
}

/** What a viewer at `segment` will want next, when it is not there; none when it is. */
export function planReadAhead(videoId: string, plan: Plan, rendition: Rendition, segment: number, isStored: (segment: number) => boolean): ChunkJob | undefined {
  const count = plan.boundaries.length - 1;
  const next = Array.from({ length: READ_AHEAD }, (_, i) => segment + 1 + i).filter((n) => n < count);
  const first = next.find((n) => !isStored(n));
  const last = next.at(-1);
  if (rendition.mode === "repackage" || first === undefined || last === undefined) return undefined;
  return { id: `${videoId}-${rendition.name}-ahead-${first}`, chunk: { videoId, renditions: [rendition.name], first, last, lane: "play" }, priority: 1 };
}
