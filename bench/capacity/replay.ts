/**
 * Plays the demand of a term against a number of transcoders that a policy sets every minute: work waits in one line for the
 * slots that there are. A transcoder that is asked for takes work after the lead; one that is not wanted any more leaves at
 * once, as what it has is little. Waiting is until an encode begins.
 */
import type { Demand } from "./demand.ts";

export const STEP_SEC = 60;

/** @param second of the term @param waiting core-seconds of work that wait @param used mean slots that were used in the last minute */
export type Policy = (second: number, waiting: number, used: number) => number;

export interface Replayed {
  /** Seconds that 95 and 99 of 100 core-seconds of work waited at most, and part of all that waited over two seconds. */
  p95: number;
  p99: number;
  late: number;
  nodeHours: number;
  /** The most at once. */
  most: number;
}

const BUCKET_SEC = 0.05;
const BUCKETS = 20_000;
const LATE_SEC = 2;

/** @param from @param until seconds of the term between which is counted: what comes before is what forecasts learn from */
export function replay({ work, seconds }: Demand, policy: Policy, { from, until = seconds, slotsEach, leadSec }: { from: number; until?: number; slotsEach: number; leadSec: number }): Replayed {
  const waits = new Float64Array(BUCKETS + 1);
  const coming: { at: number; nodes: number }[] = [];
  let [ready, waiting, served, nodeSeconds, most] = [1, 0, 0, 0, 0];
  for (let second = from; second < until; second++) {
    if ((second - from) % STEP_SEC === 0) {
      const wanted = Math.max(1, policy(second, waiting, served / STEP_SEC));
      served = 0;
      const there = ready + coming.reduce((sum, { nodes }) => sum + nodes, 0);
      if (wanted > there) coming.push({ at: second === from ? second : second + leadSec, nodes: wanted - there });
      if (wanted < there) {
        let leave = there - wanted;
        for (const batch of coming) [batch.nodes, leave] = [Math.max(0, batch.nodes - leave), Math.max(0, leave - batch.nodes)];
        ready -= leave;
      }
    }
    while (coming[0] !== undefined && coming[0].at <= second) ready += coming.shift()?.nodes ?? 0;
    const slots = ready * slotsEach;
    const asked = work[second] ?? 0;
    if (asked > 0) {
      const bucket = Math.min(BUCKETS, Math.floor((waiting > slots ? (waiting - slots) / slots + 1 : 0) / BUCKET_SEC));
      waits[bucket] = (waits[bucket] ?? 0) + asked;
    }
    const done = Math.min(slots, waiting + asked);
    served += done;
    waiting += asked - done;
    nodeSeconds += ready + coming.reduce((sum, { nodes }) => sum + nodes, 0);
    most = Math.max(most, ready);
  }
  const total = waits.reduce((sum, value) => sum + value, 0);
  return { p95: quantileOf(waits, 0.95 * total), p99: quantileOf(waits, 0.99 * total), late: total === 0 ? 0 : waits.subarray(Math.floor(LATE_SEC / BUCKET_SEC)).reduce((sum, value) => sum + value, 0) / total, nodeHours: nodeSeconds / 3_600, most };
}

function quantileOf(waits: Float64Array, until: number): number {
  let passed = 0;
  return waits.findIndex((value) => (passed += value) >= until) * BUCKET_SEC;
}
