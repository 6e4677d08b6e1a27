/** A clock that tests move: `setTimeout` and `Date` stand still until they are told to go on. */
import { mock } from "node:test";

export interface MockClock {
  /** Moves time, then lets whatever was waiting for it run until it waits again. */
  advance(ms: number): Promise<void>;
  restore(): void;
}

/** Turns of the event loop in which promises that do not wait for time settle. */
const TURNS = 5;

export function mockClock(): MockClock {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-01-01T00:00:00Z") });
  return {
    async advance(ms) {
      mock.timers.tick(ms);
      await settle();
    },
    restore: () => mock.timers.reset(),
  };
}

/** Lets promises that are settled run on; nothing here waits for time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
