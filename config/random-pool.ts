/** Random bytes of the system, drawn by the page: to ask for a few costs as much as for many. */
import { randomFillSync } from "node:crypto";

const pool = Buffer.allocUnsafe(4_096);
let used = pool.length;

/** @returns a view of so many bytes, at most 4,096, that is good until the next call */
export function drawRandom(bytes: number): Buffer {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.subarray(used - bytes, used);
}
