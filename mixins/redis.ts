/**
 * A connection to the region's Redis that never makes a caller wait for an outage: commands fail at once while the
 * server is away, because all that Redis holds can be rebuilt.
 */
import { Redis, ReplyError } from "ioredis";
import type { Logger } from "moleculer";
import { loadConfig } from "../config/config.ts";
import { errorMessage, fail, findErrorCode } from "../config/errors.ts";
import { redisTls, usePasswordFile } from "./redis-credentials.ts";
import { failWhileSilent } from "./redis-silence.ts";

/** Who is away for longer while Redis is started finds its log written anew by others. */
const JUST_STARTED_SEC = 60;

/** Opens a connection; resolves when it is ready. @throws queue_unavailable after `patienceMs`, or when no server is configured */
export async function openRedis(url: string | undefined, logger: Logger, patienceMs = loadConfig(process.env).startWaitMs): Promise<Redis> {
  if (url === undefined) throw fail("queue_unavailable", "LECTERN_REDIS_URL is not set, and this node needs the region's Redis.");
  const { redis: credentials } = loadConfig(process.env);
  const redis = new Redis(url, {
    ...redisTls(url, credentials),
    disableClientInfo: true,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 3_000,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
  });
  usePasswordFile(redis, credentials);
  failWhileSilent(redis, (change) => {
    if (change === "silent") logger.warn("Redis takes commands and does not answer; it is not asked until it does.");
    else logger.info("Redis answers again");
  });
  let away = false;
  let opened = false;
  let why = "no answer";
  redis.on("error", (error: Error) => {
    why = error.message;
    if (!away) logger.warn(opened ? `Redis is away: ${why}` : `Redis is not there yet (${why}); this node waits for it, up to ${patienceMs / 1000} s.`);
    away = true;
  });
  redis.on("ready", () => {
    if (away) logger.info("Redis is back");
    away = false;
  });
  const ready = Promise.withResolvers<void>();
  const limit = setTimeout(() => ready.reject(fail("queue_unavailable", `Redis does not answer after ${patienceMs / 1000} s (${why}).`)), patienceMs);
  redis.once("ready", () => ready.resolve());
  redis.connect().catch(() => undefined); // reported by the error listener; the retry strategy goes on
  try {
    await ready.promise;
    opened = true;
  } catch (error) {
    redis.disconnect();
    throw error;
  } finally {
    clearTimeout(limit);
  }
  return redis;
}

/**
 * Has Redis write its log anew whenever it has just been started. The log of one that was killed in the midst of a script may
 * end with the script's first commands: Redis leaves them out when it starts, but keeps them in the file, and at the start
 * after that does them, in the midst of another time. A Redis that forbids it, or keeps no log, is left alone.
 */
export function renewLog(redis: Redis, logger: Logger): void {
  const renew = async (): Promise<void> => {
    try {
      const info = await redis.info();
      const read = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? "0");
      if (read("aof_enabled") === 1 && read("uptime_in_seconds") < JUST_STARTED_SEC && read("aof_rewrite_in_progress") === 0) await redis.bgrewriteaof();
    } catch (error) {
      if (errorMessage(error).includes("NOPERM")) logger.info(`Redis does not let this node write its log anew (${errorMessage(error)}): where it is killed in the midst of a script, half of that may be done again at the start after next.`);
      else logger.debug(`Redis' log was not written anew: ${errorMessage(error)}`);
    }
  };
  redis.on("ready", () => void renew());
  if (redis.status === "ready") void renew();
}

/** Closes what `openRedis` opened; fine when it never came to that. */
export function closeRedis(redis: Redis | undefined): void {
  redis?.disconnect();
}

/** Runs what can be lost. `fallback` stands in while Redis is away. */
export async function withoutRedis<T>(work: () => Promise<T>, fallback: T, logger: Logger): Promise<T> {
  try {
    return await work();
  } catch (error) {
    logger.debug("Redis command failed:", error);
    return fallback;
  }
}

/** Runs what a caller cannot do without. @throws queue_unavailable while Redis is away, and the errors of `work` that are ours */
export async function needRedis<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw findErrorCode(error) === undefined ? fail("queue_unavailable", "The region's Redis does not answer.") : error;
  }
}

/**
 * Does without Redis for a moment after it failed: a server that hangs would cost every caller its time limit.
 * @param note told of commands that Redis refuses; that it is away, its connection says
 * @returns runs `work`, or `fallback` where that fails or is not tried
 */
export function sparingRedis(note: (reason: string) => void, restMs = 2_000, now: () => number = () => performance.now()) {
  let until = -Infinity;
  return async <T>(work: () => Promise<T>, fallback: () => T | Promise<T>): Promise<T> => {
    if (now() < until) return await fallback();
    try {
      return await work();
    } catch (error) {
      until = now() + restMs;
      if (error instanceof ReplyError) note(`Redis refuses a command: ${errorMessage(error)}`);
      return await fallback();
    }
  };
}
