/** What waits to be copied to one region, bounded. Critical things first; of one unit only one thing at a time. */
import type { Urgency } from "./replication-rules.ts";

export interface Work {
  unit: string;
  urgency: Urgency;
  /** Objects of the unit; undefined: whatever the two stores have different. */
  keys: Set<string> | undefined;
  /** When it was first asked for, in ms of `performance.now()`. */
  since: number;
  attempts: number;
  /** Not to be tried before. */
  notBefore: number;
}

export const MAX_WORKS = 5_000;
/** More of one unit are compared as a whole. */
const MAX_KEYS = 500;
const FIRST_REST_MS = 250;
const LONGEST_REST_MS = 10_000;
const URGENCIES = [0, 1, 2] as const;

export function workList(maxWorks = MAX_WORKS, now: () => number = () => performance.now()) {
  const waiting: Record<Urgency, Map<string, Work>> = { 0: new Map(), 1: new Map(), 2: new Map() };
  const running = new Map<string, Work>();

  const size = (): number => URGENCIES.reduce<number>((sum, urgency) => sum + waiting[urgency].size, 0);

  function merge(work: Work): boolean {
    const place = waiting[work.urgency];
    const present = place.get(work.unit);
    if (present === undefined) {
      if (size() >= maxWorks) return false;
      place.set(work.unit, work);
      return true;
    }
    present.since = Math.min(present.since, work.since);
    present.attempts = Math.max(present.attempts, work.attempts);
    present.notBefore = Math.max(present.notBefore, work.notBefore);
    if (present.keys === undefined || work.keys === undefined) present.keys = undefined;
    else work.keys.forEach((key) => present.keys?.add(key));
    if ((present.keys?.size ?? 0) > MAX_KEYS) present.keys = undefined;
    return true;
  }

  return {
    /** @param key undefined: the unit as a whole @returns false when there is no room */
    add(unit: string, urgency: Urgency, key?: string): boolean {
      return merge({ unit, urgency, keys: key === undefined ? undefined : new Set([key]), since: now(), attempts: 0, notBefore: 0 });
    },
    /** The most urgent thing that may be done now; it counts as running until `done` or `again`. */
    take(): Work | undefined {
      for (const urgency of URGENCIES) {
        for (const work of waiting[urgency].values()) {
          if (running.has(work.unit) || work.notBefore > now()) continue;
          waiting[urgency].delete(work.unit);
          running.set(work.unit, work);
          return work;
        }
      }
      return undefined;
    },
    done(work: Work): void {
      running.delete(work.unit);
    },
    /** It failed, and is tried again after a rest, of `leastMs` at least. @returns false when there is no room any more */
    again(work: Work, leastMs = 0): boolean {
      running.delete(work.unit);
      const attempts = work.attempts + 1;
      return merge({ ...work, attempts, notBefore: now() + Math.max(leastMs, Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(attempts, 10))) });
    },
    /** Rests are over: what kept things from being done has gone. */
    hurry(): void {
      for (const urgency of URGENCIES) for (const work of waiting[urgency].values()) work.notBefore = 0;
    },
    has: (unit: string): boolean => running.has(unit) || URGENCIES.some((urgency) => waiting[urgency].has(unit)),
    isFull: (): boolean => size() >= maxWorks,
    runningCount: (): number => running.size,
    /** What waits or runs, and how old the oldest of it is. */
    lag(): { units: number; oldestMs: number } {
      const all = [...URGENCIES.flatMap((urgency) => [...waiting[urgency].values()]), ...running.values()];
      return { units: all.length, oldestMs: all.reduce((oldest, { since }) => Math.max(oldest, now() - since), 0) };
    },
  };
}

export type WorkList = ReturnType<typeof workList>;
