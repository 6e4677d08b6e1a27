/**
 * Keeps two nodes of a region from making the same segment at the same time. The lock ends by itself, and without Redis
 * there is none: the same segment made twice is the same segment.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Logger } from "moleculer";
import { unlessAborted } from "../../mixins/cancelled.ts";
import { withoutRedis } from "../../mixins/redis.ts";

/** A holder that died keeps the others waiting for this long; one that lives renews it. */
const LOCK_MS = 5_000;
const LOOK_MS = 25;

/** Renews the lock only when it is still this holder's. KEYS: lock. ARGV: holder, milliseconds. */
const RENEW = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end return 0`;
/** Deletes the lock only when it is still this holder's. KEYS: lock. ARGV: holder. */
const RELEASE = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`;

export function flightLock(redis: Redis, key: string, holder: string, logger: Logger) {
  let renewal: NodeJS.Timeout | undefined;
  const acquire = async (): Promise<boolean> => {
    const acquired = await withoutRedis(async () => (await redis.set(key, holder, "PX", LOCK_MS, "NX")) === "OK", true, logger);
    if (acquired) renewal = setInterval(() => { void withoutRedis(() => redis.eval(RENEW, 1, key, holder, LOCK_MS), null, logger); }, LOCK_MS / 3);
    return acquired;
  };
  const release = async (): Promise<void> => {
    clearInterval(renewal);
    await withoutRedis(() => redis.eval(RELEASE, 1, key, holder), null, logger);
  };
  return {
    /**
     * Waits for the lock, and looks meanwhile whether there is an answer, told who holds it: then that is it, and the lock
     * is not held. Ends, cancelled, when `signal` says that nobody waits.
     */
    async acquireOr<T>(signal: AbortSignal, look: (holder: string | undefined) => Promise<T | undefined>): Promise<T | undefined> {
      if (await acquire()) return undefined;
      let acquired = false;
      while (!acquired) {
        await unlessAborted(signal, delay(LOOK_MS));
        acquired = await acquire(); // before looking: the holder may let go between a look and this
        try {
          const found = await look(acquired ? undefined : await withoutRedis(() => redis.get(key).then((value) => value ?? undefined), undefined, logger));
          if (found === undefined) continue;
          if (acquired) await release();
          return found;
        } catch (error) {
          if (acquired) await release();
          throw error;
        }
      }
      return undefined;
    },
    release,
  };
}
