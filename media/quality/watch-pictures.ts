/**
 * Compares a segment's pictures with those that the source has at the same times, as they come out of a decoder: all of
 * the segment's, and of the source's some. Keeps three at a time. Pure.
 */
import { compare, isBlack, movement, type Picture } from "./picture.ts";

/** `time` in ticks of the timeline. */
export interface TimedPicture { time: number; picture: Picture }

export interface PictureNumbers {
  frames: number;
  /** Pictures that the source has in the segment, of those that were decoded. */
  wanted: number;
  /** Pictures that the source had to compare with; the numbers below are of these. */
  compared: number;
  minSsim: number;
  meanSsim: number;
  maxLumaError: number;
  maxChromaError: number;
  /** Pictures that show what the source shows a frame earlier or later, and those that could have. */
  shifted: number;
  moving: number;
  /** Pictures that are black where the source's is not. */
  black: number;
  /** Most movement from one compared picture to the next, of the segment and of the source. */
  madeMovement: number;
  sourceMovement: number;
}

/** A neighbour that fits this much better is the one that is shown. */
const SHIFT_MARGIN = 0.002;
/** Neighbours that are less unlike than this can't be told apart. */
const MOVING = 0.004;

/** `toleranceTicks`: how far the source's times may be off: 0 where both are the source's own, a frame on a grid. */
export function watchPictures(reference: readonly TimedPicture[], toleranceTicks = 0) {
  const numbers: PictureNumbers = { frames: 0, wanted: reference.length, compared: 0, minSsim: 1, meanSsim: 0, maxLumaError: 0, maxChromaError: 0, shifted: 0, moving: 0, black: 0, madeMovement: 0, sourceMovement: 0 };
  let recent: TimedPicture[] = [];
  let next = 0;
  let total = 0;
  let last: { made: Picture; source: Picture } | undefined;

  /** The last but one of `recent`, or the last at the end, with its neighbours. */
  function settle(index: number): void {
    const shown = recent[index];
    if (shown === undefined) return;
    while (next < reference.length && (reference[next]?.time ?? 0) < shown.time - toleranceTicks) next++;
    const wanted = reference[next];
    const following = recent[index + 1];
    if (wanted === undefined || wanted.time > shown.time + toleranceTicks) return;
    if (toleranceTicks > 0 && following !== undefined && Math.abs(following.time - wanted.time) < Math.abs(shown.time - wanted.time)) return;
    next++;
    judge(shown.picture, wanted.picture, recent.filter((other) => other !== shown).map(({ picture }) => picture));
  }

  function judge(made: Picture, source: Picture, neighbours: readonly Picture[]): void {
    const own = compare(made, source);
    const others = neighbours.map((picture) => compare(picture, source));
    const best = toleranceTicks === 0 ? own : others.reduce((better, other) => (other.ssim > better.ssim ? other : better), own);
    numbers.compared++;
    total += best.ssim;
    numbers.minSsim = Math.min(numbers.minSsim, best.ssim);
    numbers.maxLumaError = Math.max(numbers.maxLumaError, best.lumaError);
    numbers.maxChromaError = Math.max(numbers.maxChromaError, best.chromaError);
    if (neighbours.some((picture) => 1 - compare(picture, made).ssim > MOVING)) {
      numbers.moving++;
      if (others.some(({ ssim }) => ssim > own.ssim + SHIFT_MARGIN)) numbers.shifted++;
    }
    if (isBlack(made) && !isBlack(source)) numbers.black++;
    if (last !== undefined) {
      numbers.madeMovement = Math.max(numbers.madeMovement, movement(last.made, made));
      numbers.sourceMovement = Math.max(numbers.sourceMovement, movement(last.source, source));
    }
    last = { made, source };
  }

  return {
    /** The segment's pictures in order of time. */
    add(shown: TimedPicture): void {
      numbers.frames++;
      recent = [...recent.slice(-2), shown];
      if (recent.length > 1) settle(recent.length - 2);
    },
    end(): PictureNumbers {
      settle(recent.length - 1);
      return { ...numbers, meanSsim: numbers.compared === 0 ? 1 : total / numbers.compared };
    },
  };
}

export type PictureWatch = ReturnType<typeof watchPictures>;
