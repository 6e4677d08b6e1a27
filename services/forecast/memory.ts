/**
 * What forecasts know, in the region's Redis: who went on to what, courses in their order, who is expected where, what was
 * made for them and what that took. All of it can be lost: it is learnt again, and until then viewers wait as they did before.
 */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../config/redis-keys.ts";

/** Somebody is expected to begin a video. `from`: what they watch now; absent: a timetable says so. Times in ms since 1970. */
export interface Expectation { videoId: string; from?: string; neededAt: number; until: number; weight: number }
/** What was made of a rendition for viewers who were expected. `begun`: after the first of them had come. */
export interface Made { videoId: string; rendition: string; seconds: number; bytes: number; until: number; begun?: true }

const MAX_MOVES = 32;
const MAX_LECTURES = 500;
const MAX_EXPECTED = 500;
const MAX_MADE = 2_000;
const MAX_BEGUN = 10_000;
const LEARNT_SEC = 60 * 86_400;
const SHORT_SEC = 86_400;
const HOUR_MS = 3_600_000;

export function forecastMemory(redis: Redis, keys: RedisKeys) {
  /** Of a course its digest: words of a video are kept nowhere that outlives it. */
  const courseKey = (tenant: string, course: string): string => keys.course(tenant, createHash("sha256").update(course).digest("hex").slice(0, 32));
  const madeField = ({ videoId, rendition }: Pick<Made, "videoId" | "rendition">): string => `${videoId}/${rendition}`;
  return {
    async noteMove(from: string, to: string): Promise<void> {
      const key = keys.moves(from);
      if ((await redis.hexists(key, to)) === 0 && (await redis.hlen(key)) >= MAX_MOVES) return;
      await redis.hincrby(key, to, 1);
      await redis.expire(key, LEARNT_SEC);
    },
    async movesFrom(videoId: string): Promise<Record<string, number>> {
      return Object.fromEntries(Object.entries(await redis.hgetall(keys.moves(videoId))).map(([to, count]) => [to, Number(count)]));
    },
    async noteLecture(tenant: string, course: string, order: number, videoId: string): Promise<void> {
      const key = courseKey(tenant, course);
      if ((await redis.zcard(key)) >= MAX_LECTURES) return;
      await redis.zadd(key, order, videoId);
      await redis.expire(key, LEARNT_SEC);
    },
    /** Of a course, the lecture after this one. */
    async lectureAfter(tenant: string, course: string, order: number): Promise<string | undefined> {
      return (await redis.zrangebyscore(courseKey(tenant, course), `(${order}`, "+inf", "LIMIT", 0, 1))[0];
    },
    async lastLecture(tenant: string, course: string): Promise<string | undefined> {
      return (await redis.zrevrange(courseKey(tenant, course), 0, 0))[0];
    },
    async forget(videoId: string, course?: { tenant: string; course: string }): Promise<void> {
      await redis.del(keys.moves(videoId));
      await redis.zrem(keys.forecastBegun, videoId);
      if (course !== undefined) await redis.zrem(courseKey(course.tenant, course.course), videoId);
    },
    async expect(expectation: Expectation): Promise<void> {
      const field = `${expectation.from ?? ""}>${expectation.videoId}`;
      if ((await redis.hexists(keys.expected, field)) === 0 && (await redis.hlen(keys.expected)) >= MAX_EXPECTED) return;
      await redis.hset(keys.expected, field, JSON.stringify(expectation));
      await redis.expire(keys.expected, SHORT_SEC);
    },
    /** Those that still hold; what has run out is forgotten. */
    async expected(now: number): Promise<Expectation[]> {
      const all = Object.entries(await redis.hgetall(keys.expected)).map(([field, text]) => [field, JSON.parse(text) as Expectation] as const);
      const over = all.filter(([, { until }]) => until < now).map(([field]) => field);
      if (over.length > 0) await redis.hdel(keys.expected, ...over);
      return all.filter(([, { until }]) => until >= now).map(([, expectation]) => expectation);
    },
    /** Adds to what was made of the rendition before. */
    async noteMade(made: Made): Promise<void> {
      const before = await redis.hget(keys.expectedMade, madeField(made));
      if (before === null && (await redis.hlen(keys.expectedMade)) >= MAX_MADE) return;
      const { seconds, bytes } = before === null ? { seconds: 0, bytes: 0 } : (JSON.parse(before) as Made);
      await redis.hset(keys.expectedMade, madeField(made), JSON.stringify({ ...made, seconds: made.seconds + seconds, bytes: made.bytes + bytes }));
      await redis.expire(keys.expectedMade, SHORT_SEC);
    },
    async made(): Promise<Made[]> {
      return Object.values(await redis.hgetall(keys.expectedMade)).map((text) => JSON.parse(text) as Made);
    },
    /** @returns whether it was this call that took it away: it counts once */
    async settle(made: Pick<Made, "videoId" | "rendition">): Promise<boolean> {
      return (await redis.hdel(keys.expectedMade, madeField(made))) === 1;
    },
    async noteBegun(videoId: string, now: number): Promise<void> {
      await redis.zremrangebyscore(keys.forecastBegun, "-inf", now - SHORT_SEC * 1_000);
      if ((await redis.zcard(keys.forecastBegun)) >= MAX_BEGUN && (await redis.zscore(keys.forecastBegun, videoId)) === null) return;
      await redis.zadd(keys.forecastBegun, now, videoId);
      await redis.expire(keys.forecastBegun, SHORT_SEC);
    },
    /** Whether somebody began the video at `since` or later. */
    async begunSince(videoId: string, since: number): Promise<boolean> {
      const last = await redis.zscore(keys.forecastBegun, videoId);
      return last !== null && Number(last) >= since;
    },
    async spent(now: number): Promise<{ cpuSec: number; bytes: number }> {
      const { cpu = "0", bytes = "0" } = await redis.hgetall(keys.forecastSpent(Math.floor(now / HOUR_MS)));
      return { cpuSec: Number(cpu) / 1_000, bytes: Number(bytes) };
    },
    async spend(now: number, cpuSec: number, bytes: number): Promise<void> {
      const key = keys.forecastSpent(Math.floor(now / HOUR_MS));
      await redis.hincrby(key, "cpu", Math.round(cpuSec * 1_000));
      await redis.hincrby(key, "bytes", Math.round(bytes));
      await redis.expire(key, 2 * 3_600);
    },
    /** Whether this node looks after forecasts for the next `forMs`. */
    async elect(nodeId: string, forMs: number): Promise<boolean> {
      return (await redis.set(keys.forecaster, nodeId, "PX", forMs, "NX")) === "OK";
    },
  };
}

export type ForecastMemory = ReturnType<typeof forecastMemory>;
