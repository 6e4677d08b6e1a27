import { systemClock } from "../../mixins/clock.ts";

/** Runs work for a key at most once in an interval, the last time after the last touch. */
export interface Throttle { touch(key: string): void; close(): void }

export function throttle(intervalMs: number, work: (key: string) => Promise<void>, onError: (error: unknown) => void, clock = systemClock): Throttle {
  const timers = new Map<string, () => void>();
  return {
    touch(key) {
      if (timers.has(key)) return;
      timers.set(key, clock.after(intervalMs, () => {
        timers.delete(key);
        work(key).catch(onError);
      }));
    },
    close() {
      for (const stop of timers.values()) stop();
      timers.clear();
    },
  };
}
