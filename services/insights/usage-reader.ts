/** How a video was watched on some days: what the store has, and what is counted now. */
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import { addAll, bucketsOf, type Tally } from "./tally.ts";
import { openDays, type UsageDays } from "./usage-days.ts";
import type { DayPart, DayUsage, UsageStore } from "./usage-store.ts";

/**
 * Of one day, all regions together; in `viewers` one person in two regions, or before and after Redis was lost, is two.
 * `different`: the most that one part has, who are different viewers for certain.
 */
export interface WatchedDay extends DayUsage { day: string; different: number }

type DayOfPart = DayUsage & { day: string };

const MAX_KNOWN = 20_000;
const AT_ONCE = 8;

/** @param now ms since 1970 */
export function usageReader(store: Pick<UsageStore, "parts" | "read">, days: Pick<UsageDays, "find">, now: () => number = Date.now) {
  /** Of days that are over: they change no more. */
  const known = new LRUCache<string, DayUsage>(upTo(MAX_KNOWN));

  async function read(part: DayPart): Promise<DayUsage | undefined> {
    const found = known.get(part.key) ?? (await store.read(part));
    if (found !== undefined && part.isFinal) known.set(part.key, found);
    return found;
  }

  return {
    /** @param from, to days, both included; oldest first, without those on which nobody watched */
    async days(videoId: string, from: string, to: string): Promise<WatchedDay[]> {
      const open = openDays(now()).filter((day) => day >= from && day <= to);
      const counted = new Map((await Promise.all(open.map(async (day) => ({ day, found: await days.find({ day, videoId }) })))).flatMap(({ day, found }) => (found === undefined ? [] : [[`${day} ${found.epoch}`, { day, ...found }] as const])));
      const parts = await store.parts(videoId, from, to);
      const all: DayOfPart[] = [];
      for (let at = 0; at < parts.length; at += AT_ONCE) {
        all.push(...(await Promise.all(parts.slice(at, at + AT_ONCE).map(async (part) => {
          const live = counted.get(`${part.day} ${part.epoch}`);
          if (live !== undefined && live.n >= part.n) return [];
          if (live !== undefined) counted.delete(`${part.day} ${part.epoch}`);
          const found = await read(part);
          return found === undefined ? [] : [{ day: part.day, ...found }];
        }))).flat());
      }
      all.push(...counted.values());
      return sumByDay(all);
    },
  };
}

export type UsageReader = ReturnType<typeof usageReader>;

function sumByDay(all: readonly DayOfPart[]): WatchedDay[] {
  return [...Map.groupBy(all, ({ day }) => day)].map(([day, group]) => ({ day, ...sumDays(group), different: Math.max(...group.map(({ viewers }) => viewers)) })).toSorted((a, b) => (a.day < b.day ? -1 : 1));
}

/** `viewers` are counted anew each day. */
export function sumDays(days: readonly DayUsage[]): DayUsage {
  return days.reduce<DayUsage>((sum, { durationMs, viewers, tally }) => ({ durationMs: Math.max(sum.durationMs, durationMs), viewers: sum.viewers + viewers, tally: addAll(sum.tally, tally) }), { durationMs: 0, viewers: 0, tally: new Map() });
}

/** @param what `heat` or `reach` @returns a number a bucket */
export function bucketCounts(tally: Tally, what: "heat" | "reach", durationMs: number): number[] {
  return Array.from({ length: bucketsOf(durationMs) }, (_, bucket) => tally.get(`${what}.${bucket}`) ?? 0);
}
