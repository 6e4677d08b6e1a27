/** Lets a request wait for a video's plan, for a while: until an event says that something changed, or it is time to look again. */
import { traced } from "../../config/tracing/tracer.ts";
import { fail } from "../../config/errors.ts";

const WAIT_MS = 10_000;
/** An event may be lost; then this is how late the answer comes. */
const LOOK_MS = 500;
const MAX_WAITING = 5_000;

/** @param waitMs how long a request waits at most */
export function planWaiter(waitMs = WAIT_MS) {
  const sleepers = new Map<string, Set<() => void>>();
  let waiting = 0;

  function sleep(id: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const set = sleepers.get(id) ?? new Set();
      sleepers.set(id, set);
      const wake = (): void => {
        clearTimeout(timer);
        set.delete(wake);
        if (set.size === 0) sleepers.delete(id);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      set.add(wake);
    });
  }

  return {
    wake(id: string): void {
      for (const wake of sleepers.get(id) ?? []) wake();
    },
    /** @throws plan_pending when it has waited long enough, and whatever `look` throws */
    async wait<T>(id: string, look: () => Promise<T | null>): Promise<T> {
      const deadline = Date.now() + waitMs;
      if (waiting >= MAX_WAITING) throw fail("overloaded", "Too many players wait for plans.", { retryAfterSec: 2 });
      waiting++;
      try {
        return await traced("delivery.plan_wait", { "lectern.video_id": id }, async () => {
          for (;;) {
            const next = sleep(id, LOOK_MS); // before looking: an event that comes in between is not missed
            const found = await look();
            if (found !== null) return found;
            if (Date.now() > deadline) throw fail("plan_pending", "The video is still being looked at.", { retryAfterSec: 1 });
            await next;
          }
        });
      } finally {
        waiting--;
      }
    },
  };
}

export type PlanWaiter = ReturnType<typeof planWaiter>;
