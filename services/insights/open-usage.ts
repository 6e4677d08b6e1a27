/** Puts together what counts, writes and reads how videos are watched, over one Redis and the store. */
import type { Redis } from "ioredis";
import type { ServiceBroker } from "moleculer";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import type { RedisKeys } from "../../config/redis-keys.ts";
import { systemClock } from "../../mixins/clock.ts";
import { needRedis, withoutRedis } from "../../mixins/redis.ts";
import { takeLock } from "../../mixins/redis-lock.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import type { KnownVideos } from "./known-videos.ts";
import { monthsOf, tenantUsage, type TenantUsage } from "./tenant-usage.ts";
import { openUsageCounter, type CounterPorts, type UsageCounter } from "./usage-counter.ts";
import { openDays, usageDays } from "./usage-days.ts";
import { endUsageDays } from "./usage-ends.ts";
import { usageReader, type UsageReader } from "./usage-reader.ts";
import { usageScripts } from "./usage-scripts.ts";
import { usageStore } from "./usage-store.ts";
import { keepUsageDays, sweepUsage } from "./usage-sweep.ts";
import { viewerNames } from "./viewer-names.ts";
import { openUsageWriter } from "./usage-writer.ts";

export interface UsageOptions { broker: ServiceBroker; redis: Redis; keys: RedisKeys; region: string; keptDays: number; videos: KnownVideos; onCount: CounterPorts["onCount"] }
export interface Usage {
  take: UsageCounter["take"];
  reader: UsageReader;
  tenants: TenantUsage;
  /** What this node was told is counted, and all that is counted is in the store, where both are there. */
  write(): Promise<void>;
  /** Of a deleted video: what Redis has of it, and what says that it was watched. */
  forget(videoId: string, tenant: string, createdAt: string): Promise<void>;
  close(): Promise<void>;
}

export function openUsage({ broker, redis, keys, region, keptDays, videos, onCount }: UsageOptions): Usage {
  const { logger } = broker;
  const run = usageScripts(redis);
  const store = usageStore(storageCalls(broker), region);
  const days = usageDays(redis, run, keys);
  let dropped = 0;
  const counter = openUsageCounter({
    run, keys, names: viewerNames(redis, keys), clock: systemClock, onCount,
    onDrop() {
      if (dropped++ % 10_000 === 0) logger.warn("Reports of how videos are watched find no room: Redis does not take them.");
    },
    onError: (error) => logger.debug(`What is reported is counted later: ${errorMessage(error)}`),
  });
  const writer = openUsageWriter({
    days, store, clock: systemClock, logger,
    async findTenant(videoId) {
      try {
        const { access: { tenant, deleted } } = await videos.get(videoId);
        return deleted ? undefined : tenant;
      } catch (error) {
        if (findErrorCode(error) === "video_not_found") return undefined;
        throw error;
      }
    },
    lock: () => takeLock(redis, keys.usageWriter, broker.nodeID, logger),
  });
  const open = (): ReturnType<typeof days.open> => needRedis(() => days.open());
  const reader = usageReader(store, { find: (day) => withoutRedis(() => days.find(day), undefined, logger) });
  const endUpkeep = keepUsageDays({ clock: systemClock, logger }, [
    (signal) => endUsageDays({
      store, open, keptDays, clock: systemClock, logger,
      endedUntil: async () => (await needRedis(() => redis.get(keys.usageEnded))) ?? undefined,
      noteEnded: async (day) => void (await needRedis(() => redis.set(keys.usageEnded, day))),
      lock: () => takeLock(redis, keys.usageEnder, broker.nodeID, logger),
    }, signal),
    (signal) => sweepUsage({ store, days: keptDays, clock: systemClock }, signal),
  ]);
  return {
    take: counter.take,
    reader,
    tenants: tenantUsage({ store, open: () => open().catch(() => []), reader, find: (videoId) => videos.get(videoId), log: (line) => logger.debug(line) }),
    async write() {
      await counter.count();
      await writer.write();
    },
    async forget(videoId, tenant, createdAt) {
      if ((await redis.set(keys.usageForgetting(videoId), broker.nodeID, "EX", 60, "NX")) === null) return; // another node does
      for (const day of openDays(Date.now())) await days.drop({ day, videoId });
      for (const month of monthsOf({ from: createdAt.slice(0, 10), to: new Date().toISOString().slice(0, 10) })) await store.unmark(tenant, month, videoId);
    },
    async close() {
      await counter.close();
      await writer.close();
      await endUpkeep();
    },
  };
}
