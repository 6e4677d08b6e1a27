/**
 * Room for FFmpeg on a node. Work in the background shares the slots; a viewer's segment has the same number for
 * itself and never waits behind the background, which runs niced.
 */
import { fail } from "../../config/errors.ts";

const MAX_WAITING = 256;

export function openSlots(capacity: number) {
  const free = { play: capacity, background: capacity };
  const waiting: Record<keyof typeof free, (() => void)[]> = { play: [], background: [] };

  return {
    /** Runs `work` when there is room. @throws overloaded when too many wait already */
    async run<T>(kind: keyof typeof free, work: () => Promise<T>): Promise<T> {
      if (free[kind] > 0) free[kind]--;
      else {
        if (waiting[kind].length >= MAX_WAITING) throw fail("overloaded", "This node has too many segments to make.", { retryAfterSec: 2 });
        await new Promise<void>((resolve) => waiting[kind].push(resolve));
      }
      try {
        return await work();
      } finally {
        const next = waiting[kind].shift();
        if (next === undefined) free[kind]++;
        else next();
      }
    },
    busy: () => ({ play: capacity - free.play, background: capacity - free.background, waiting: waiting.play.length + waiting.background.length }),
  };
}

export type Slots = ReturnType<typeof openSlots>;
