/**
 * What happened to each video, for server-sent events: a bounded Redis stream a video; and when it reached which step,
 * which the stream forgets. Both can be lost; a reader then starts from the video's state.
 */
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../config/redis-keys.ts";
import { MOMENTS, type Moment, type VideoEvent, type VideoEventType, type VideoMoments } from "./videos.contract.ts";

const MAX_EVENTS = 1_000;
const EXPIRE_SEC = 7 * 24 * 3600;
/** What is tried again ends again. */
const REPEATED: readonly string[] = ["complete", "rejected", "failed", "reopened"];

export function eventLog(redis: Redis, keys: RedisKeys) {
  return {
    async append(id: string, type: VideoEventType, data: Record<string, unknown>): Promise<void> {
      const key = keys.events(id);
      const steps = redis.multi().xadd(key, "MAXLEN", "~", MAX_EVENTS, "*", "type", type, "data", JSON.stringify(data)).expire(key, EXPIRE_SEC);
      if (isMoment(type)) {
        const now = Date.now();
        (REPEATED.includes(type) ? steps.hset(keys.moments(id), type, now) : steps.hsetnx(keys.moments(id), type, String(now))).expire(keys.moments(id), EXPIRE_SEC);
      }
      await steps.exec();
    },
    /** Keeps the times of those that have none yet. */
    async noteMoments(id: string, moments: VideoMoments): Promise<void> {
      const steps = redis.multi();
      for (const [moment, at] of Object.entries(moments)) steps.hsetnx(keys.moments(id), moment, String(at));
      await steps.expire(keys.moments(id), EXPIRE_SEC).exec();
    },
    async moments(id: string): Promise<VideoMoments> {
      const found = Object.entries(await redis.hgetall(keys.moments(id)));
      return Object.fromEntries(found.filter(([moment]) => isMoment(moment)).map(([moment, at]) => [moment, Number(at)]));
    },
    /** At most `limit` events after the event `after` (absent: from the start), oldest first. */
    async read(id: string, after: string | undefined, limit = 200): Promise<VideoEvent[]> {
      const entries = await redis.xrange(keys.events(id), after === undefined ? "-" : `(${after}`, "+", "COUNT", limit);
      return entries.map(parseEntry);
    },
    async remove(id: string): Promise<void> {
      await redis.del(keys.events(id), keys.moments(id));
    },
  };
}

export type EventLog = ReturnType<typeof eventLog>;

const isMoment = (name: string): name is Moment => MOMENTS.some((moment) => moment === name);

function parseEntry([id, fields]: [string, string[]]): VideoEvent {
  const [, type = "progress", , data = "{}"] = fields;
  return { id, type: type as VideoEventType, data: JSON.parse(data) as Record<string, unknown> };
}
