/** How somebody watches: for how long, from where, how fast, and where they jump. Media time in seconds. */
import type { Chance } from "../placement/chance.ts";

/** One uninterrupted run of media: `after` seconds of the clock since the view began. */
export interface Span { after: number; from: number; to: number }
export interface Attention { rate: number; spans: Span[] }

const MEDIAN_SEC = 6 * 60;
/** Of the logarithm of a view's length: one in ten stays four times the median. */
const SPREAD = 1.1;
const SHORTEST_SEC = 2;
/** Part of the views that begin elsewhere than at the start: who goes on, or looks something up. */
const RESUMED = 0.25;
const SEEK_EVERY_SEC = 240;
const FORWARD = 0.6;
const JUMP_SEC = { forward: 60, back: 20, spread: 1 };
const RATES: readonly (readonly [upTo: number, rate: number])[] = [[0.65, 1], [0.8, 1.25], [0.93, 1.5], [1, 2]];

/** Of a video of `seconds`. The spans together are as long as the view, unless the video ends before. */
export function attend(chance: Chance, seconds: number): Attention {
  const draw = chance.next();
  const rate = RATES.find(([upTo]) => draw < upTo)?.[1] ?? 1;
  let left = Math.max(SHORTEST_SEC, MEDIAN_SEC * Math.exp(SPREAD * normal(chance)));
  let at = chance.next() < RESUMED ? chance.next() * seconds * 0.9 : 0;
  let after = 0;
  const spans: Span[] = [];
  while (left > 0 && at < seconds - 1) {
    const length = Math.min(left, Math.max(SHORTEST_SEC, chance.gap(SEEK_EVERY_SEC)), seconds - at);
    spans.push({ after, from: at, to: at + length });
    after += length / rate;
    left -= length;
    at = Math.max(0, at + length + jump(chance));
  }
  return { rate, spans };
}

function jump(chance: Chance): number {
  const isForward = chance.next() < FORWARD;
  const median = isForward ? JUMP_SEC.forward : JUMP_SEC.back;
  return (isForward ? 1 : -1) * median * Math.exp(JUMP_SEC.spread * normal(chance));
}

/** Box and Muller's. */
export function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance.next())) * Math.cos(2 * Math.PI * chance.next());
}
