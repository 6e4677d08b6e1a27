/** A cache of so many bytes without a store behind it: what policies save of making everything anew, and what nothing can beat. */
import { LRUCache } from "lru-cache";
import { openValuedCache } from "../../services/cache/valued-cache.ts";
import { openChance } from "../placement/chance.ts";
import type { MakingCosts } from "./costs.ts";
import { aloneCost, pictureOf, secondsOf, type Trace } from "./trace.ts";

/** Parts of all requests, of their bytes, and of the processor time of making each. */
export interface Saved { hits: number; bytes: number; cpu: number }

const sizeAt = (trace: Trace, costs: MakingCosts, n: number): number => Math.max(1, Math.round(costs.bytesPerSec[pictureOf(trace.rendition[n] ?? 0)] * secondsOf(trace, trace.rendition[n] ?? 0, trace.segment[n] ?? 0)));
const costAt = (trace: Trace, costs: MakingCosts, n: number): number => aloneCost(trace, costs, trace.rendition[n] ?? 0, trace.segment[n] ?? 0);

/** Of all segments that are ever asked for. */
export function distinctBytes(trace: Trace, costs: MakingCosts): number {
  const seen = new Uint8Array(trace.keys[trace.keys.length - 1] ?? 0);
  let sum = 0;
  for (let n = 0; n < trace.length; n++) {
    const key = trace.key[n] ?? 0;
    if (seen[key] === 0) sum += sizeAt(trace, costs, n);
    seen[key] = 1;
  }
  return sum;
}

function replayCache(trace: Trace, costs: MakingCosts, has: (key: number) => boolean, keep: (key: number, bytes: number, cost: number) => void): Saved {
  const [hit, all] = [{ hits: 0, bytes: 0, cpu: 0 }, { hits: 0, bytes: 0, cpu: 0 }];
  const add = (sum: Saved, bytes: number, cost: number): void => { sum.hits++; sum.bytes += bytes; sum.cpu += cost; };
  for (let n = 0; n < trace.length; n++) {
    const [key, bytes, cost] = [trace.key[n] ?? 0, sizeAt(trace, costs, n), costAt(trace, costs, n)];
    add(all, bytes, cost);
    if (has(key)) add(hit, bytes, cost);
    else keep(key, bytes, cost);
  }
  return { hits: hit.hits / all.hits, bytes: hit.bytes / all.bytes, cpu: hit.cpu / all.cpu };
}

export function leastRecent(trace: Trace, costs: MakingCosts, maxBytes: number): Saved {
  const cache = new LRUCache<number, number>({ maxSize: Math.max(1, Math.round(maxBytes)), sizeCalculation: (bytes) => bytes });
  return replayCache(trace, costs, (key) => cache.get(key) !== undefined, (key, bytes) => { cache.set(key, bytes); });
}

/** The cache's own policy. `remake`: what is kept is weighed by the processor time to make it; else by how often it is asked for alone. */
export function byValue(trace: Trace, costs: MakingCosts, maxBytes: number, remake: boolean): Saved {
  const cache = openValuedCache<number, number>({ maxBytes, sizeOf: (bytes) => bytes, random: openChance(trace.catalogue.term.seed).next });
  return replayCache(trace, costs, (key) => cache.get(key) !== undefined, (key, bytes, cost) => { cache.set(key, bytes, remake ? cost : 1); });
}

/**
 * An upper bound of the processor time that any cache of so many bytes can save, though it knew the future (PFOO, Berger,
 * Beckmann and Harchol-Balter, SIGMETRICS 2018). To have a segment when it is asked for again, its bytes must be kept from
 * one request to the next: the dearest per byte and time are kept, in a room that only on average is no larger than the cache.
 */
export function boundOfAny(trace: Trace, costs: MakingCosts, maxBytes: number): number {
  const before = new Int32Array(trace.keys[trace.keys.length - 1] ?? 0).fill(-1);
  const room = new Float64Array(trace.length);
  const value = new Float64Array(trace.length);
  let all = 0;
  for (let n = 0; n < trace.length; n++) {
    const [key, cost] = [trace.key[n] ?? 0, costAt(trace, costs, n)];
    const last = before[key] ?? -1;
    before[key] = n;
    all += cost;
    if (last < 0) continue;
    room[n] = sizeAt(trace, costs, n) * (n - last);
    value[n] = cost;
  }
  const worth = new Float64Array(trace.length);
  for (let n = 0; n < trace.length; n++) worth[n] = (room[n] ?? 0) === 0 ? 0 : (value[n] ?? 0) / (room[n] ?? 1);
  const order = Uint32Array.from({ length: trace.length }, (_, n) => n).sort((a, b) => (worth[b] ?? 0) - (worth[a] ?? 0));
  let [left, saved] = [maxBytes * trace.length, 0];
  for (const n of order) {
    const wanted = room[n] ?? 0;
    if (wanted === 0 || left <= 0) break;
    saved += (value[n] ?? 0) * Math.min(1, left / wanted);
    left -= wanted;
  }
  return saved / all;
}
