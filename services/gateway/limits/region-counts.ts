/** The counts of all nodes of a region, in its Redis. */
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../../config/redis-keys.ts";
import { WINDOW_MS, type RegionCounts } from "./rate-limits.ts";

export function regionCounts(redis: Redis, { asked }: Pick<RedisKeys, "asked">): RegionCounts {
  return {
    async add(counts, window) {
      const pipeline = redis.pipeline();
      for (const { key, times } of counts) pipeline.incrby(asked(key, window), times).pexpire(asked(key, window), 2 * WINDOW_MS);
      const answers = (await pipeline.exec()) ?? [];
      return counts.map((_, at) => {
        const [error, total] = answers[2 * at] ?? [];
        if (error instanceof Error) throw error;
        return Number(total);
      });
    },
  };
}
