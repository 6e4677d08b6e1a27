/** What a region's store was found to hold, each time that it was counted. Pure. */

export interface StoredCount {
  /** When counting came to its end, ms since 1970. */
  at: number;
  bytes: number;
  objects: number;
}
/** A count that goes on. `after`: the last key that is in it. */
export interface RunningCount { after: string; bytes: number; objects: number }

/** About one a day. */
export const KEPT_COUNTS = 60;
const MAX_KEY = 1_024;
const DAY_MS = 86_400_000;
/** Growth between counts that lie nearer to each other says little of a month. */
const SHORTEST_MS = 7 * DAY_MS;

/** Bytes a day between the first count and the last, what was removed taken off; undefined: these lie less than a week apart. */
export function netGrowthADay(counts: readonly StoredCount[]): number | undefined {
  const [first, last] = [counts[0], counts.at(-1)];
  if (first === undefined || last === undefined || last.at - first.at < SHORTEST_MS) return undefined;
  return ((last.bytes - first.bytes) * DAY_MS) / (last.at - first.at);
}

/** The same in whatever order, and however often. */
export function mergeCounts(...lists: readonly (readonly StoredCount[])[]): StoredCount[] {
  return [...new Map(lists.flat().map((one) => [one.at, one])).values()].toSorted((a, b) => a.at - b.at).slice(-KEPT_COUNTS);
}

export function formatCounts(counts: readonly StoredCount[]): Buffer {
  return Buffer.from(`${JSON.stringify({ v: 1, counts })}\n`);
}

/** What cannot be read of it is left out. */
export function parseCountsObject(bytes: Buffer | null): StoredCount[] {
  if (bytes === null || bytes.length > 100_000) return [];
  try {
    const parsed: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof parsed === "object" && parsed !== null && "counts" in parsed ? parseCounts(parsed.counts) : [];
  } catch {
    return []; // damaged: the next count begins it anew
  }
}

export function parseCounts(value: unknown): StoredCount[] {
  if (!Array.isArray(value)) return [];
  return mergeCounts(value.slice(-KEPT_COUNTS).flatMap((one: Partial<Record<keyof StoredCount, unknown>> | null) => {
    const { at, bytes, objects } = one ?? {};
    return isCount(at) && isCount(bytes) && isCount(objects) ? [{ at, bytes, objects }] : [];
  }));
}

/** Undefined: none goes on. */
export function parseRunning(value: unknown): RunningCount | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { after, bytes, objects }: Partial<Record<keyof RunningCount, unknown>> = value;
  return typeof after === "string" && after.length > 0 && after.length <= MAX_KEY && isCount(bytes) && isCount(objects) ? { after, bytes, objects } : undefined;
}

const isCount = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
