/** Which segments one check takes together: most of what a check of one costs is FFmpeg's start. Pure. */
import type { Plan } from "../../media/plan.ts";

export interface Made { segment: number; bytes: Uint8Array }

/** Of one check: a viewer's patience with the store, and memory, with what is read of the source. */
const MAX_TOGETHER = 8;
const MAX_BYTES = 16 * 1024 * 1024;

/** Those that follow one another, from the earliest on; at least one, where any wait. */
export function takeConsecutive<M extends Made>(waiting: readonly M[]): { batch: M[]; rest: M[] } {
  const sorted = waiting.toSorted((a, b) => a.segment - b.segment);
  let bytes = 0;
  const end = sorted.findIndex((made, index) => {
    bytes += made.bytes.byteLength;
    const previous = sorted[index - 1];
    return index >= MAX_TOGETHER || (previous !== undefined && (made.segment !== previous.segment + 1 || bytes > MAX_BYTES));
  });
  return end === -1 ? { batch: sorted, rest: [] } : { batch: sorted.slice(0, end), rest: sorted.slice(end) };
}

/** Of a source with a high bitrate fewer: a check reads all of it for as long as the segments last. */
export function splitBySource<M extends Made>(batch: readonly M[], { facts, boundaries, timescale }: Pick<Plan, "facts" | "boundaries" | "timescale">): M[][] {
  const groups: M[][] = [];
  let bytes = Infinity;
  for (const made of batch) {
    const seconds = ((boundaries[made.segment + 1] ?? 0) - (boundaries[made.segment] ?? 0)) / timescale;
    const own = made.bytes.byteLength + (Math.max(0, seconds) * facts.video.bitrate) / 8;
    if (bytes + own > MAX_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    bytes += own;
    groups.at(-1)?.push(made);
  }
  return groups;
}
