/** Runs work for a key at most once in an interval, the last time after the last touch. */
export interface Throttle { touch(key: string): void; close(): void }

export function throttle(intervalMs: number, work: (key: string) => Promise<void>, onError: (error: unknown) => void): Throttle {
  const timers = new Map<string, NodeJS.Timeout>();
  return {
    touch(key) {
      if (timers.has(key)) return;
      timers.set(key, setTimeout(() => {
        timers.delete(key);
        work(key).catch(onError);
      }, intervalMs));
    },
    close() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
