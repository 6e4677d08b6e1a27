/** Which part of a video can be made while its source still arrives. Pure. */
import type { Plan } from "./plan.ts";

/**
 * How many segments, from the first one on, the first `bytes` of the source hold, as far as one can say without looking:
 * sound and picture are taken to lie side by side, and the file to weigh by time where its index says no better.
 */
export function arrivedSegments({ facts, boundaries, timescale }: Pick<Plan, "facts" | "boundaries" | "timescale">, bytes: number): number {
  const { size, video, originTicks } = facts;
  if (bytes >= size) return boundaries.length - 1;
  const until = findReach(video, bytes / size) - originTicks;
  const count = boundaries.findIndex((boundary) => boundary * video.timescale > until * timescale);
  return Math.max(0, (count === -1 ? boundaries.length : count) - 1);
}

/** The time up to which that share of the picture's bytes lasts, in ticks of the video track; whole groups of pictures. */
function findReach({ start, end, keyFrames, gopBytes = [] }: Plan["facts"]["video"], share: number): number {
  const all = gopBytes.reduce((sum, weight) => sum + weight, 0);
  if (all === 0) return start + share * (end - start);
  let sum = 0;
  const gop = gopBytes.findIndex((weight) => (sum += weight) > share * all);
  return keyFrames[gop] ?? end;
}
