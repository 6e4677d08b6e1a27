/** Chance that is the same in every run. */
export interface Chance {
  /** From 0 to below 1. */
  next(): number;
  /** Whole, from 0 to below `count`. */
  below(count: number): number;
  /** Exponentially distributed, with this mean: between events that do not know of each other. */
  gap(mean: number): number;
}

/** Mulberry32. */
export function openChance(seed: number): Chance {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (count) => Math.floor(next() * count), gap: (mean) => -mean * Math.log(1 - next()) };
}
