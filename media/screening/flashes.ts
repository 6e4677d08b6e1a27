/**
 * General flashes (WCAG 2.2, success criterion 2.3.1): a pair of opposing changes of relative luminance of 10 % or more
 * of its range, where the darker image is below 80 %. More than three within a second may start a seizure. Pure.
 */
import type { Luma } from "../content/moment.ts";
import { HASH_SIDE } from "./frame-hash.ts";

const STEP = 0.1;
const DARK = 0.8;
/** The picture in 8 × 8 cells. WCAG counts a quarter of a tenth of the view, which is two of them; cells hide a small flash, so it is one more. */
const CELLS = 8;
const CELL = HASH_SIDE / CELLS;
const LEAST_CELLS = 3;
export const MOST_FLASHES = 3;

/** Relative luminance of a byte of luma, as sRGB has it. */
const LUMINANCE = Float64Array.from({ length: 256 }, (_, byte) => {
  const value = Math.min(1, Math.max(0, (byte - 16) / 219));
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/** Of one cell: the last extreme, where it goes from there, and when it turned, within the last second. */
interface Course { extreme: number; rising?: boolean; turns: number[] }

/** `flashes` within a second that began at `at`, in ticks. */
export interface FlashSpell { flashes: number; at: number }

/** @param timescale ticks a second */
export function openFlashWatch(timescale: number) {
  let courses: Course[] = [];
  let worst: FlashSpell = { flashes: 0, at: 0 };

  function follow(course: Course, now: number, time: number): void {
    const change = now - course.extreme;
    if (course.rising === true ? change > 0 : course.rising === false && change < 0) {
      course.extreme = now;
      return;
    }
    if (Math.abs(change) < STEP || Math.min(now, course.extreme) >= DARK) return;
    course.extreme = now;
    course.rising = change > 0;
    course.turns = [...course.turns.filter((turn) => time - turn < timescale), time];
  }

  return {
    /** `time` in ticks. Frames in order. */
    frame(luma: Luma, time: number): void {
      const cells = measureCells(luma);
      if (courses.length === 0) {
        courses = [...cells].map((extreme) => ({ extreme, turns: [] }));
        return;
      }
      courses.forEach((course, at) => follow(course, cells[at] ?? 0, time));
      const turning = courses.filter(({ turns }) => time - (turns[0] ?? -Infinity) < timescale).toSorted((a, b) => b.turns.length - a.turns.length)[LEAST_CELLS - 1];
      const flashes = Math.floor((turning?.turns.length ?? 0) / 2);
      if (flashes > worst.flashes) worst = { flashes, at: turning?.turns[0] ?? time };
    },
    /** What comes next is not what follows. */
    cut(): void {
      courses = [];
    },
    /** The most that were seen. */
    worst: (): FlashSpell => worst,
  };
}

export type FlashWatch = ReturnType<typeof openFlashWatch>;

function measureCells(luma: Luma): Float64Array {
  const sums = new Float64Array(CELLS * CELLS);
  for (let y = 0; y < HASH_SIDE; y++) {
    const row = Math.floor(y / CELL) * CELLS;
    for (let x = 0; x < HASH_SIDE; x++) {
      const cell = row + Math.floor(x / CELL);
      sums[cell] = (sums[cell] ?? 0) + (LUMINANCE[luma[y * HASH_SIDE + x] ?? 0] ?? 0);
    }
  }
  return sums.map((sum) => sum / (CELL * CELL));
}
