/** Pauses between the requests for one source, where its host's policy wants them. */
import { setTimeout as delay } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { upTo } from "../../../config/lru-room.ts";

export interface ThinkTimes {
  /** @param range shortest and longest pause, in ms */
  pause(visitor: string, range: readonly [number, number], signal: AbortSignal): Promise<void>;
}

export function thinkTimes(): ThinkTimes {
  /** When a visitor may ask again. */
  const next = new LRUCache<string, number>(upTo(2_000));
  return {
    async pause(visitor, [least, most], signal) {
      if (most === 0) return;
      const now = performance.now();
      const at = Math.max(now, next.get(visitor) ?? 0);
      next.set(visitor, at + least + Math.random() * (most - least));
      if (at > now) await delay(at - now, undefined, { signal });
    },
  };
}
