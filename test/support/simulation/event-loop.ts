/**
 * Simulated time: one event after the other, each to its end, with whatever promises it settles. Between two events
 * nothing happens and no time passes, so a seed repeats a run to the letter.
 */
export interface EventLoop {
  /** ms since the start. */
  now(): number;
  /** Runs `work` in `ms`. @returns calls it off */
  in(ms: number, work: () => unknown): () => void;
  /** Runs the next event. @returns false when there is none */
  step(): Promise<boolean>;
}

interface Event { at: number; number: number; work: (() => unknown) | undefined }

export function openEventLoop(): EventLoop {
  /** The next one is the last. */
  const events: Event[] = [];
  let [now, count] = [0, 0];
  const isLater = (a: Event, b: Event): boolean => a.at > b.at || (a.at === b.at && a.number > b.number);

  function insert(event: Event): void {
    let [low, high] = [0, events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = events[middle];
      if (other !== undefined && isLater(other, event)) low = middle + 1;
      else high = middle;
    }
    events.splice(low, 0, event);
  }

  return {
    now: () => now,
    in(ms, work) {
      const event: Event = { at: now + Math.max(0, ms), number: count++, work };
      insert(event);
      return () => { event.work = undefined; };
    },
    async step() {
      const event = events.pop();
      if (event === undefined) return false;
      if (event.work === undefined) return true;
      now = event.at;
      await event.work();
      await new Promise<void>((resolve) => setImmediate(resolve)); // all promises that wait for nothing have run
      return true;
    },
  };
}
