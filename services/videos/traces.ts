/**
 * What is left of a deleted video outside the store: its source's bytes in nodes' caches, what Redis knows of it, and what
 * Redis' log still says, though it was deleted there. Each goes by itself in time; here it goes at once, and the log in minutes.
 */
import type { Redis } from "ioredis";
import type { Logger } from "moleculer";
import type { RedisKeys } from "../../config/redis-keys.ts";
import { errorMessage } from "../../config/errors.ts";
import { mediaName } from "../../media/media-names.ts";
import { renditionsOf, segmentCount } from "../../media/plan-video.ts";
import type { Clock } from "../../mixins/clock.ts";
import { withoutRedis } from "../../mixins/redis.ts";
import type { SourceRef } from "../source/source.contract.ts";
import type { VideoState } from "./videos.contract.ts";

export interface TracePorts {
  redis: Pick<Redis, "unlink" | "bgrewriteaof">;
  keys: Pick<RedisKeys, "stored" | "refused" | "events" | "moments" | "warmSegment">;
  /** Has every node drop what it keeps of a source. May be lost. */
  forgetSource(source: SourceRef): Promise<void>;
  clock: Pick<Clock, "after">;
  logger: Logger;
}

export interface Traces {
  /** Twice does no harm. */
  erase(state: VideoState): Promise<void>;
  close(): void;
}

/** Many deletions are one log anew; and what was on its way to a viewer is in Redis for another minute. */
const LOG_ANEW_MS = [5_000, 95_000] as const;
const AT_ONCE = 1_000;

export function openTraces({ redis, keys, forgetSource, clock, logger }: TracePorts): Traces {
  const planned = new Map<number, () => void>();

  function renewLogSoon(): void {
    for (const ms of LOG_ANEW_MS) {
      if (planned.has(ms)) continue;
      planned.set(ms, clock.after(ms, () => {
        planned.delete(ms);
        redis.bgrewriteaof().catch((error: unknown) => logger.debug(`Redis' log was not written anew: ${errorMessage(error)}`)); // it is forbidden, under way, or Redis is away
      }));
    }
  }

  function keysOf({ record: { id }, plan }: VideoState): string[] {
    const left = [keys.events(id), keys.moments(id)];
    if (plan === undefined) return left;
    const segments = ["init" as const, ...Array.from({ length: segmentCount(plan) }, (_, n) => n)].map(mediaName);
    return [...left, ...renditionsOf(plan).flatMap(({ name }) => [keys.stored(id, name), keys.refused(id, name), ...segments.map((segment) => keys.warmSegment(id, name, segment))])];
  }

  async function unlink(left: readonly string[]): Promise<void> {
    for (let at = 0; at < left.length; at += AT_ONCE) await redis.unlink(...left.slice(at, at + AT_ONCE));
  }

  return {
    async erase(state) {
      await Promise.all([
        withoutRedis(() => unlink(keysOf(state)), undefined, logger),
        forgetSource(state.record.source).catch((error: unknown) => logger.debug(`Caches may keep the source of a deleted video for a while: ${errorMessage(error)}`)),
      ]);
      renewLogSoon();
    },
    close() {
      for (const cancel of planned.values()) cancel();
    },
  };
}
