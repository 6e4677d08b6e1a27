/** Whether this process comes to its work: a blocked event loop misses heartbeats and leases, and viewers wait. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { SelfCheck } from "./self-checks.ts";

const MAX_DELAY_MS = 2_000;

/** What viewers notice. */
export const STALL_SEC = 0.25;

/** Seconds between two turns of the loop in a window; where it is free, the 20 ms at which it is looked at. */
export interface LoopDelay { p50: number; p99: number; max: number }

/** @param note told of each window @param strikes windows in a row with the longest delay: one alone may be a machine that slept */
export function loopCheck(note: (delay: LoopDelay) => void = () => undefined, strikes = 2, maxDelayMs = MAX_DELAY_MS): SelfCheck {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    code: "event_loop",
    strikes,
    async look() {
      const worstMs = delay.max / 1e6;
      note({ p50: delay.percentile(50) / 1e9, p99: delay.percentile(99) / 1e9, max: delay.max / 1e9 });
      delay.reset();
      return worstMs > maxDelayMs ? `Its event loop was blocked for ${(worstMs / 1000).toFixed(1)} s.` : undefined;
    },
    close: () => delay.disable(),
  };
}
