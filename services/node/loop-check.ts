/** Whether this process comes to its work: a blocked event loop misses heartbeats and leases, and viewers wait. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { SelfCheck } from "./self-checks.ts";

const MAX_DELAY_MS = 2_000;

/** What viewers notice. */
const STALL_MS = 250;

/** @param note told of each window with a stall @param strikes windows in a row with the longest delay: one alone may be a machine that slept */
export function loopCheck(note: () => void = () => undefined, strikes = 2, maxDelayMs = MAX_DELAY_MS): SelfCheck {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    code: "event_loop",
    strikes,
    async look() {
      const worstMs = delay.max / 1e6;
      delay.reset();
      if (worstMs > STALL_MS) note();
      return worstMs > maxDelayMs ? `Its event loop was blocked for ${(worstMs / 1000).toFixed(1)} s.` : undefined;
    },
    close: () => delay.disable(),
  };
}
