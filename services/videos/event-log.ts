/**
 * What happened to each video, for server-sent events: a bounded Redis stream a video. It can be lost; a reader then
 * starts from the video's state.
 */
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../config/redis-keys.ts";
import type { VideoEvent, VideoEventType } from "./videos.contract.ts";

const MAX_EVENTS = 1_000;
const EXPIRE_SEC = 7 * 24 * 3600;

export function eventLog(redis: Redis, keys: RedisKeys) {
  return {
    async append(id: string, type: VideoEventType, data: Record<string, unknown>): Promise<void> {
      const key = keys.events(id);
      await redis.multi().xadd(key, "MAXLEN", "~", MAX_EVENTS, "*", "type", type, "data", JSON.stringify(data)).expire(key, EXPIRE_SEC).exec();
    },
    /** At most `limit` events after the event `after` (absent: from the start), oldest first. */
    async read(id: string, after: string | undefined, limit = 200): Promise<VideoEvent[]> {
      const entries = await redis.xrange(keys.events(id), after === undefined ? "-" : `(${after}`, "+", "COUNT", limit);
      return entries.map(parseEntry);
    },
    async remove(id: string): Promise<void> {
      await redis.del(keys.events(id));
    },
  };
}

export type EventLog = ReturnType<typeof eventLog>;

function parseEntry([id, fields]: [string, string[]]): VideoEvent {
  const [, type = "progress", , data = "{}"] = fields;
  return { id, type: type as VideoEventType, data: JSON.parse(data) as Record<string, unknown> };
}
