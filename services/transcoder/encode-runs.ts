/** Which runs make what is missing of a chunk. Pure. */
import type { Plan } from "../../media/plan.ts";
import { findHeldFrame } from "../../media/timeline.ts";

/** Consecutive segments of the same renditions; both ends inclusive. */
export interface SegmentRun { renditions: string[]; first: number; last: number }

/**
 * As few runs as there can be: one breaks where not the same renditions are missing, and where a segment begins with a
 * frame that has stood since the one before, which only a run's first segment shows again.
 */
export function planRuns(plan: Plan, renditions: readonly string[], first: number, last: number, isMissing: (rendition: string, segment: number) => boolean): SegmentRun[] {
  const runs: SegmentRun[] = [];
  for (let segment = first; segment <= last; segment++) {
    const missing = renditions.filter((rendition) => isMissing(rendition, segment));
    const run = runs.at(-1);
    const goesOn = run !== undefined && run.last === segment - 1 && run.renditions.join() === missing.join() && !beginsHeld(plan, segment);
    if (goesOn) run.last = segment;
    else if (missing.length > 0) runs.push({ renditions: missing, first: segment, last: segment });
  }
  return runs;
}

function beginsHeld({ cut, facts, boundaries }: Plan, segment: number): boolean {
  return cut === "source" && findHeldFrame(facts, boundaries[segment] ?? 0) !== undefined;
}
