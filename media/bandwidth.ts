/**
 * Bits per second of a rendition: what the plan promises, and what its segments turned out to have once all are there.
 * Pure.
 *
 *   bandwidthOf(rendition, measured?) → { peak, average }
 *   measureBandwidth(plan, sizes) → the same, of segments of these bytes
 */
import type { Plan, Rendition } from "./plan.ts";

export interface Bandwidth { peak: number; average: number }
/** Of the renditions that are complete, by name. */
export type Measured = ReadonlyMap<string, Bandwidth>;

/** Sound at a constant rate still swings by the codec's bit reservoir, and each of its frames is told in the fragment's table. */
const AUDIO_PEAK = 1.1;
const NOTHING_MEASURED: Measured = new Map();

export function bandwidthOf(rendition: Rendition, measured: Measured = NOTHING_MEASURED): Bandwidth {
  const known = measured.get(rendition.name);
  if (known !== undefined) return known;
  return rendition.kind === "video"
    ? { peak: Math.ceil(rendition.bandwidth), average: Math.ceil(rendition.averageBandwidth) }
    : { peak: Math.ceil(rendition.bandwidth * AUDIO_PEAK), average: Math.ceil(rendition.bandwidth) };
}

/**
 * Peak as RFC 8216bis 4.4.6.2 has it: the highest rate of any run of segments that lasts between 0.5 and 1.5 target
 * durations. Where no run does (a single long segment) the whole counts.
 */
export function measureBandwidth({ boundaries, timescale }: Pick<Plan, "boundaries" | "timescale">, sizes: readonly number[]): Bandwidth {
  const seconds = sizes.map((_, n) => ((boundaries[n + 1] ?? 0) - (boundaries[n] ?? 0)) / timescale);
  const target = Math.max(1, ...seconds.map(Math.round));
  const average = (8 * sum(sizes)) / sum(seconds);
  let peak = 0;
  for (let first = 0; first < sizes.length; first++) {
    for (let [last, bytes, length] = [first, 0, 0]; last < sizes.length; last++) {
      bytes += sizes[last] ?? 0;
      length += seconds[last] ?? 0;
      if (length > 1.5 * target) break;
      if (length >= 0.5 * target) peak = Math.max(peak, (8 * bytes) / length);
    }
  }
  return { peak: Math.ceil(Math.max(peak, average)), average: Math.ceil(average) };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
