/** So much at once and no more; the rest waits in order. */
import { fail } from "../config/errors.ts";

const MAX_WAITING = 256;

export function openTurns(atOnce: number) {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return {
    /** @throws overloaded when too many wait already */
    async run<T>(work: () => Promise<T>): Promise<T> {
      if (free > 0) free--;
      else {
        if (waiting.length >= MAX_WAITING) throw fail("overloaded", "This node has too much to do.", { retryAfterSec: 2 });
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}

export type Turns = ReturnType<typeof openTurns>;
