/**
 * How long a node's disk keeps what it has of others' sources. A video's deletion reaches every node that is there; one that is
 * away then has nothing of it a week later.
 */

const DAY_MS = 86_400_000;
/** What a `put` of lru-cache and its constructor take. */
export const MAX_AGE = { ttl: 7 * DAY_MS } as const;
const LOOK_MS = 3_600_000;

/** lru-cache counts from the start of the process. @param writtenMs since 1970 */
export function bornAt(writtenMs: number): { start: number } {
  return { start: performance.now() - (Date.now() - writtenMs) };
}

/** @param cache removes the file of what expires. @returns ends it */
export function expireInTime(cache: { purgeStale(): boolean }): () => void {
  cache.purgeStale();
  const timer = setInterval(() => cache.purgeStale(), LOOK_MS).unref();
  return () => clearInterval(timer);
}
