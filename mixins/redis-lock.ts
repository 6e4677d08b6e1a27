/** Keeps two nodes of a region from doing the same work at the same time. It ends by itself when its node dies; without Redis there is none. */
import type { Redis } from "ioredis";
import type { Logger } from "moleculer";
import { withoutRedis } from "./redis.ts";

const LOCK_MS = 10_000;

/** Renews the lock only when it is still this holder's. KEYS: lock. ARGV: holder, milliseconds. */
const RENEW = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end return 0`;
/** Deletes the lock only when it is still this holder's. KEYS: lock. ARGV: holder. */
const RELEASE = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`;

/** @returns what ends the lock; undefined when another has it */
export async function takeLock(redis: Redis, key: string, holder: string, logger: Logger): Promise<(() => Promise<void>) | undefined> {
  if (!(await withoutRedis(async () => (await redis.set(key, holder, "PX", LOCK_MS, "NX")) === "OK", true, logger))) return undefined;
  const renewal = setInterval(() => { void withoutRedis(() => redis.eval(RENEW, 1, key, holder, LOCK_MS), null, logger); }, LOCK_MS / 3);
  return async () => {
    clearInterval(renewal);
    await withoutRedis(() => redis.eval(RELEASE, 1, key, holder), null, logger);
  };
}
