/**
 * Room for FFmpeg on a node. Work in the background shares the slots; a viewer's segment has the same number for
 * itself and never waits behind the background, which runs niced, and does not begin while a viewer waits here: to start
 * FFmpeg, and to load what it is made of, costs the others more than its niceness says.
 */
import { setTimeout as delay } from "node:timers/promises";
import { fail } from "../../config/errors.ts";
import { cancelled, unlessAborted } from "../../mixins/cancelled.ts";

const MAX_WAITING = 256;

export interface Courtesy {
  /** Without a viewer who waits for so long, the background begins: a player asks for one segment after the other. */
  settleMs: number;
  /** With viewers who always wait, the background begins after so long. */
  holdMs: number;
}

const COURTESY: Courtesy = { settleMs: 200, holdMs: 3_000 };

export function openSlots(capacity: number, { settleMs, holdMs }: Courtesy = COURTESY) {
  const free = { play: capacity, background: capacity };
  let lastPlayAt = -Infinity;
  const waiting: Record<keyof typeof free, (() => void)[]> = { play: [], background: [] };

  /** Resolves when the background may begin. */
  async function calm(signal?: AbortSignal): Promise<void> {
    const until = performance.now() + holdMs;
    for (let now = performance.now(); now < until; now = performance.now()) {
      const quietAt = free.play < capacity ? now + settleMs : lastPlayAt + settleMs;
      if (quietAt <= now) return;
      const pause = delay(Math.max(1, Math.min(quietAt, until) - now));
      await (signal === undefined ? pause : unlessAborted(signal, pause));
    }
  }

  return {
    calm,
    /** Runs `work` when there is room. @throws overloaded when too many wait already; what is cancelled while it waits never runs */
    async run<T>(kind: keyof typeof free, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
      if (signal?.aborted === true) throw cancelled();
      if (kind === "background") await calm(signal);
      if (free[kind] > 0) free[kind]--;
      else {
        if (waiting[kind].length >= MAX_WAITING) throw fail("overloaded", "This node has too many segments to make.", { retryAfterSec: 2 });
        await turn(waiting[kind], signal);
      }
      try {
        return await work();
      } finally {
        if (kind === "play") lastPlayAt = performance.now();
        const next = waiting[kind].shift();
        if (next === undefined) free[kind]++;
        else next();
      }
    },
    busy: () => ({ play: capacity - free.play, background: capacity - free.background, waiting: waiting.play.length + waiting.background.length }),
  };
}

/** Waits to be called from the queue, or leaves it. */
function turn(queue: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      queue.splice(queue.indexOf(enter), 1);
      reject(cancelled());
    };
    const enter = (): void => {
      signal?.removeEventListener("abort", leave);
      resolve();
    };
    queue.push(enter);
    signal?.addEventListener("abort", leave, { once: true });
  });
}

export type Slots = ReturnType<typeof openSlots>;
