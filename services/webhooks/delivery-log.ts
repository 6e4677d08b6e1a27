/** What became of the last deliveries to each endpoint, and since when it fails, in the region's Redis. It may be lost. */
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../config/redis-keys.ts";
import type { Attempt, Delivery, Message } from "./webhooks.contract.ts";

const KEPT = 100;
const KEPT_ATTEMPTS = 10;
const TTL_SEC = 30 * 86_400;
/** Longer than any pause between attempts: where nothing was tried for so long nothing is known of the time between. */
const QUIET_MS = 16 * 3_600_000;

/** `content`: to be sent again. */
export interface Logged extends Delivery { content: Message }

/** All reject while Redis is away. */
export function openDeliveryLog(redis: Redis, keys: RedisKeys, now: () => number = Date.now) {
  async function find(endpoint: string, message: string): Promise<Logged | undefined> {
    const json = await redis.hget(keys.webhookLog(endpoint), message);
    return json === null ? undefined : (JSON.parse(json) as Logged);
  }

  async function keep(endpoint: string, logged: Logged): Promise<void> {
    const [log, index] = [keys.webhookLog(endpoint), keys.webhookLogged(endpoint)];
    await redis.hset(log, logged.id, JSON.stringify(logged));
    await redis.zadd(index, now(), logged.id);
    const old = await redis.zrange(index, 0, -KEPT - 1);
    if (old.length > 0) await Promise.all([redis.hdel(log, ...old), redis.zrem(index, ...old)]);
    await Promise.all([redis.expire(log, TTL_SEC), redis.expire(index, TTL_SEC)]);
  }

  return {
    find,
    /** It waits for an attempt, for the first time or anew. */
    async queued(endpoint: string, content: Message): Promise<void> {
      const { id, type, timestamp } = content;
      const before = await find(endpoint, id);
      await keep(endpoint, { attempts: [], attemptCount: 0, ...before, id, type, timestamp, content, status: "pending", nextAttemptAt: new Date(now()).toISOString() });
    },
    async attempted(endpoint: string, content: Message, attempt: Attempt | undefined, status: Delivery["status"], nextMs?: number): Promise<void> {
      const { id, type, timestamp } = content;
      const { attempts = [], attemptCount = 0 } = (await find(endpoint, id)) ?? {};
      await keep(endpoint, {
        id, type, timestamp, status, content,
        attempts: [...attempts, ...(attempt === undefined ? [] : [attempt])].slice(-KEPT_ATTEMPTS), attemptCount: attemptCount + (attempt === undefined ? 0 : 1),
        ...(nextMs === undefined ? {} : { nextAttemptAt: new Date(nextMs).toISOString() }),
      });
    },
    /** The latest first. */
    async list(endpoint: string): Promise<Delivery[]> {
      const ids = await redis.zrevrange(keys.webhookLogged(endpoint), 0, KEPT - 1);
      if (ids.length === 0) return [];
      const found = await redis.hmget(keys.webhookLog(endpoint), ...ids);
      return found.filter((json) => json !== null).map((json) => {
        const { content: _, ...delivery } = JSON.parse(json) as Logged;
        return delivery;
      });
    },
    /** @returns since when nothing arrives there, though something is tried; ms since 1970; undefined: something did */
    async noteHealth(endpoint: string, isWell: boolean): Promise<number | undefined> {
      const key = keys.webhookHealth(endpoint);
      if (isWell) {
        await redis.del(key);
        return undefined;
      }
      const last = Number((await redis.hget(key, "last")) ?? 0);
      if (now() - last > QUIET_MS) await redis.hset(key, "since", String(now()));
      await redis.hset(key, "last", String(now()));
      await redis.expire(key, TTL_SEC);
      return Number((await redis.hget(key, "since")) ?? now());
    },
  };
}

export type DeliveryLog = ReturnType<typeof openDeliveryLog>;
