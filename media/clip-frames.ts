/** Which frame a clip begins with. Pure. */
import type { VideoFacts } from "./facts.ts";

/**
 * The frames of a clip are those with start ≤ time < end. Where `start` is not a frame's time the first of them comes a
 * little late, and is shown from the beginning; but in the middle of a still, where the next frame is far, the clip begins
 * with the frame that stands there. `times` in any order, like the answer in the unit and from the zero of `start`.
 */
export function findFirstFrame({ frameRate, timescale }: VideoFacts, times: readonly number[], start: number): number | undefined {
  const next = times.reduce((least, time) => (time >= start ? Math.min(least, time) : least), Infinity);
  const standing = times.reduce((most, time) => (time <= start ? Math.max(most, time) : most), -Infinity);
  const late = (next - start) * frameRate.num >= timescale * frameRate.den;
  const first = late && standing !== -Infinity ? standing : next;
  return first === Infinity ? undefined : first;
}
