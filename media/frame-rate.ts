/** Frame rates from measured frame times, and which frames of a very fast source are kept. Pure. */
import { rational, type Rational } from "./rational.ts";

/** Rates that recordings have on purpose; a measured one within 0.1 % of one of them is that one. */
const STANDARD: readonly Rational[] = [
  [24000, 1001], [24, 1], [25, 1], [30000, 1001], [30, 1], [48, 1], [50, 1], [60000, 1001], [60, 1], [120, 1],
  [1, 1], [2, 1], [5, 1], [8, 1], [10, 1], [12, 1], [15, 1], [15000, 1001], [20, 1], [12500, 1000],
].map(([num = 1, den = 1]) => rational(num, den));
/** Faster is a clock that is read wrongly. */
const MAX_RATE = 1_000;
/** Encodes have no more frames a second: of a faster source every second, third, … is kept. */
export const MAX_ENCODED_RATE = 60;
/** A source that is a little over it by its own rounding is not halved. */
const TOLERANCE = 1.01;

/** The rate of frames that are `gaps` ticks apart: the mean, as the standard rate it is nearest to, or as it is. */
export function findFrameRate(gaps: readonly number[], timescale: number): Rational {
  const shown = gaps.filter((gap) => gap > 0);
  if (shown.length === 0) return { num: 1, den: 1 };
  const total = shown.reduce((sum, gap) => sum + gap, 0);
  const mean = (shown.length * timescale) / total;
  const distance = (rate: Rational): number => Math.abs(rate.num / rate.den / mean - 1);
  const nearest = STANDARD.toSorted((a, b) => distance(a) - distance(b))[0];
  if (nearest !== undefined && distance(nearest) < 0.001) return nearest;
  return mean > MAX_RATE ? { num: MAX_RATE, den: 1 } : rational(Math.max(1, Math.round(mean * 100)), 100);
}

/** A rate as ffprobe writes it (`30000/1001`); undefined for `0/0` and nonsense. */
export function parseFrameRate(text: string): Rational | undefined {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  const [num, den] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (num <= 0 || den <= 0) return undefined;
  return num / den > MAX_RATE ? { num: MAX_RATE, den: 1 } : rational(num, den);
}

/** Of how many frames of a source one is kept. */
export function decimation({ num, den }: Rational): number {
  return Math.max(1, Math.ceil(num / den / (MAX_ENCODED_RATE * TOLERANCE)));
}

/** Whether the frame at `time`, in ticks of the timeline, is kept: its own time says so, whatever run it is met in. */
export function isKept(time: number, { frameRate, timescale }: { frameRate: Rational; timescale: number }): boolean {
  const every = decimation(frameRate);
  return every === 1 || Math.round((time * frameRate.num) / (frameRate.den * timescale)) % every === 0;
}
