/** What the region's Redis has of videos' days, and its way into the store. */
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../config/redis-keys.ts";
import { parseTally } from "./tally.ts";
import type { RunUsageScript } from "./usage-scripts.ts";
import type { DayUsage } from "./usage-store.ts";

export interface OpenDay { day: string; videoId: string }
export interface CountedDay extends DayUsage { epoch: string; n: number }

/** Redis has no older day, with today. */
const OPEN_DAYS = 4;
const DAY_MS = 86_400_000;
export const openDays = (nowMs: number): string[] => Array.from({ length: OPEN_DAYS }, (_, n) => new Date(nowMs - n * DAY_MS).toISOString().slice(0, 10));

/** A day is over when reports that came on it have been counted everywhere. */
const DAY_ENDS_AFTER_MS = 10 * 60_000;
/** The first day that is not over. */
export const currentDay = (nowMs: number): string => new Date(nowMs - DAY_ENDS_AFTER_MS).toISOString().slice(0, 10);

export const nameOf = ({ day, videoId }: OpenDay): string => `${day}/${videoId}`;

export function usageDays(redis: Pick<Redis, "hgetall" | "pfcount" | "smembers" | "unlink" | "srem">, run: RunUsageScript, keys: Pick<RedisKeys, "usageDay" | "usageViewers" | "usageDirty" | "usageOpen">) {
  const members = async (set: string): Promise<OpenDay[]> => (await redis.smembers(set)).flatMap((name) => {
    const [day, videoId] = name.split("/");
    return day === undefined || videoId === undefined ? [] : [{ day, videoId }];
  });
  return {
    /** Undefined: nothing is counted, or it is in the store. */
    async find({ day, videoId }: OpenDay): Promise<CountedDay | undefined> {
      const [fields, viewers] = await Promise.all([redis.hgetall(keys.usageDay(day, videoId)), redis.pfcount(keys.usageViewers(day, videoId))]);
      const { epoch, n, durationMs } = fields;
      return epoch === undefined ? undefined : { epoch, n: Number(n), durationMs: Number(durationMs), viewers, tally: parseTally(fields) };
    },
    /** Of a deleted video. */
    async drop({ day, videoId }: OpenDay): Promise<void> {
      await redis.unlink(keys.usageDay(day, videoId), keys.usageViewers(day, videoId));
      await Promise.all([keys.usageDirty, keys.usageOpen].map((set) => redis.srem(set, nameOf({ day, videoId }))));
    },
    dirty: () => members(keys.usageDirty),
    open: () => members(keys.usageOpen),
    /** It is in the store as it was after `n` merges; when the day is over it goes from here. */
    async written(one: OpenDay, n: number | undefined, isOver: boolean): Promise<void> {
      await run("written", keys.usageDay(one.day, one.videoId), keys.usageViewers(one.day, one.videoId), keys.usageDirty, keys.usageOpen, nameOf(one), n ?? "", isOver ? 1 : 0);
    },
  };
}

export type UsageDays = ReturnType<typeof usageDays>;
