/** Time and chance, as modules use them whose behaviour hangs on both: a simulation runs them under its own. */
export interface Clock {
  /** Of the wall: ms since 1970. It may jump, and other nodes' differ from it. */
  date(): number;
  /** ms that only grow, at one rate, also while the process is stopped. */
  now(): number;
  /** Calls `work` once, after `ms`. @returns calls it off */
  after(ms: number, work: () => void): () => void;
  /** Calls `work` every `ms`. @returns ends it */
  every(ms: number, work: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
}

export const systemClock: Clock = {
  date: () => Date.now(),
  now: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  every(ms, work) {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
  random: () => Math.random(),
};

export const pause = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => { clock.after(ms, resolve); });
