/** When each delivery is due, in the region's Redis. What is lost of it is made again from the outbox. All rejects while Redis is away. */
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../config/redis-keys.ts";
import type { Pending } from "./outbox.ts";

export interface Leased extends Pending { /** That have failed; below zero what it has come to, see `OVER` of the courier. */ attempts: number }
interface Scripts { lecternWebhooksTake(...args: string[]): Promise<string[]>; lecternWebhooksPut(...args: string[]): Promise<number> }

const read = (name: string): string => readFileSync(new URL(`lua/${name}.lua`, import.meta.url), "utf8");

/** @param leaseMs longer than any attempt takes: whoever dies with one leaves it for so long */
export function openDueDeliveries(redis: Redis, keys: RedisKeys, leaseMs: number, now: () => number = Date.now) {
  redis.defineCommand("lecternWebhooksTake", { numberOfKeys: 1, lua: read("take") });
  redis.defineCommand("lecternWebhooksPut", { numberOfKeys: 3, lua: read("put") });
  const scripts = redis as unknown as Scripts;
  const put = (endpoint: string, ...args: string[]): Promise<number> => scripts.lecternWebhooksPut(keys.webhooksDue, keys.webhookDue(endpoint), keys.webhookAttempts(endpoint), endpoint, ...args);

  return {
    /** Due at once, unless it is known. */
    async add({ endpoint, message }: Pending): Promise<void> {
      await put(endpoint, message, String(now()), "0", "new");
    },
    /** Due at once, whatever it was before. */
    async renew({ endpoint, message }: Pending): Promise<void> {
      await put(endpoint, message, String(now()), "0", "");
    },
    async take(busy: readonly string[]): Promise<Leased | undefined> {
      const [endpoint, message, attempts] = await scripts.lecternWebhooksTake(keys.webhooksDue, keys.webhookDue(""), String(now()), String(leaseMs), ...busy);
      return endpoint === undefined || message === undefined ? undefined : { endpoint, message, attempts: Number(attempts) };
    },
    async again({ endpoint, message }: Pending, attempts: number, delayMs: number): Promise<void> {
      await put(endpoint, message, String(now() + delayMs), String(attempts), "");
    },
    async forget({ endpoint, message }: Pending): Promise<void> {
      await put(endpoint, message, "", "0", "");
    },
    async forgetEndpoint(endpoint: string): Promise<void> {
      await redis.zrem(keys.webhooksDue, endpoint);
      await redis.del(keys.webhookDue(endpoint), keys.webhookAttempts(endpoint), keys.webhookLog(endpoint), keys.webhookLogged(endpoint), keys.webhookHealth(endpoint));
    },
  };
}

export type DueDeliveries = ReturnType<typeof openDueDeliveries>;
