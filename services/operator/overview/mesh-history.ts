/** What all nodes counted, by ten seconds of twenty minutes. Pure; its memory does not grow with the mesh, but for each node's last totals. */
import { FIRST_PLAY_BOUNDS_MS, SEGMENT_BOUNDS_MS, TOTALS, type FigurePoint, type TotalName } from "../../node/node.contract.ts";
import type { FirstPlays, SegmentAnswers, Step } from "../overview.contract.ts";
import { quantileOf } from "./quantile.ts";

export const STEP_MS = 10_000;
const KEPT_STEPS = 120;
const MAX_NODES = 2_000;
const MAX_QUEUES = 64;
/** A later point is of a clock that is wrong. */
const AHEAD_MS = 60_000;

const INDEX = Object.fromEntries(TOTALS.map((name, i) => [name, i])) as Record<TotalName, number>;
const FIRST_PLAY_STEPS = 60;
const SEGMENT_STEPS = 6;

export function openMeshHistory(now: () => number) {
  /** Sums by the number of the step since 1970. */
  const sums = new Map<number, number[]>();
  const last = new Map<string, FigurePoint>();
  /** What waited in each queue at the end of a step, as the last of its schedulers says. */
  const waits = new Map<number, Map<string, readonly number[]>>();

  function add(node: string, point: FigurePoint, queue: string): void {
    const before = last.get(node);
    if (before !== undefined && point.at <= before.at) return;
    last.delete(node);
    last.set(node, point); // the latest to be heard of comes last
    const oldest = last.size > MAX_NODES ? last.keys().next().value : undefined;
    if (oldest !== undefined) last.delete(oldest);
    const step = Math.floor(point.at / STEP_MS);
    if (before === undefined || point.at > now() + AHEAD_MS || step <= Math.floor(now() / STEP_MS) - KEPT_STEPS) return;
    const sum = sums.get(step) ?? TOTALS.map(() => 0);
    sums.set(step, sum);
    if (point.waiting !== undefined) {
      const queues = waits.get(step) ?? new Map<string, readonly number[]>();
      waits.set(step, queues);
      if (queues.size < MAX_QUEUES) queues.set(queue, point.waiting);
    }
    TOTALS.forEach((_, i) => {
      const [value, was] = [point.totals[i] ?? 0, before.totals[i] ?? 0];
      sum[i] = (sum[i] ?? 0) + (value >= was ? value - was : value); // less than before: it was started anew
    });
  }
  function forgetOld(): void {
    const first = Math.floor(now() / STEP_MS) - KEPT_STEPS;
    for (const map of [sums, waits]) for (const step of map.keys()) if (step <= first) map.delete(step);
  }
  /** The sum over the last `steps`, that which is under way included. */
  function sumOf(steps: number): number[] {
    const current = Math.floor(now() / STEP_MS);
    const parts = Array.from({ length: steps }, (_, i) => sums.get(current - i)).filter((part) => part !== undefined);
    return TOTALS.map((_, i) => parts.reduce((total, part) => total + (part[i] ?? 0), 0));
  }
  const quantile = (sum: readonly number[], share: number, prefix: "seg" | "play"): number | undefined => {
    const [bounds, count]: [readonly number[], TotalName] = prefix === "seg" ? [SEGMENT_BOUNDS_MS, "segments"] : [FIRST_PLAY_BOUNDS_MS, "firstPlays"];
    return quantileOf(bounds.map((bound) => [bound, sum[INDEX[`${prefix}${bound}` as TotalName]] ?? 0]), sum[INDEX[count]] ?? 0, share);
  };
  function toStep(number: number, sum: readonly number[]): Step {
    const rate = (name: TotalName): number => (sum[INDEX[name]] ?? 0) / (STEP_MS / 1_000);
    const segmentP95Ms = quantile(sum, 0.95, "seg");
    const [waitPlay, waitNormal, waitBulk] = [0, 1, 2].map((lane) => [...waits.get(number)?.values() ?? []].reduce((total, waiting) => total + (waiting[lane] ?? 0), 0));
    return {
      at: (number + 1) * STEP_MS,
      cacheMemory: rate("cacheMemory"), cacheRedis: rate("cacheRedis"), cacheStore: rate("cacheStore"), cacheMade: rate("cacheMade"),
      originBytes: rate("originBytes"), nearBytes: rate("nearBytes"), sentBytes: rate("sentBytes"), segments: rate("segments"), segmentFaults: rate("segmentFaults"),
      waitPlay: waitPlay ?? 0, waitNormal: waitNormal ?? 0, waitBulk: waitBulk ?? 0,
      ...(segmentP95Ms === undefined ? {} : { segmentP95Ms: Number.isFinite(segmentP95Ms) ? segmentP95Ms : -1 }),
    };
  }
  const finite = (name: "p50Ms" | "p95Ms", value: number | undefined): object => (value === undefined ? {} : { [name]: Number.isFinite(value) ? value : -1 });

  return {
    /** What a node told, oldest first; `queue`: whose work it tells of. Of one that was not known only what it counted from then on. */
    add(node: string, points: readonly FigurePoint[], queue = ""): void {
      for (const point of points) add(node, point, queue);
      forgetOld();
    },
    /** What is known of `node` reaches to here; undefined: nothing. */
    lastOf: (node: string): number | undefined => last.get(node)?.at,
    /** Steps after `after` that are over at `whole`, both ms since 1970, oldest first. Without a hole, but where nothing is known at all. */
    steps(after: number, whole: number): Step[] {
      forgetOld();
      const known = [...sums.keys()];
      if (known.length === 0) return [];
      const first = Math.max(Math.min(...known), Math.floor(after / STEP_MS));
      const count = Math.min(KEPT_STEPS, Math.floor(whole / STEP_MS) - first);
      return Array.from({ length: Math.max(0, count) }, (_, i) => toStep(first + i, sums.get(first + i) ?? TOTALS.map(() => 0)));
    },
    firstPlays(): FirstPlays {
      const sum = sumOf(FIRST_PLAY_STEPS);
      return { count: sum[INDEX.firstPlays] ?? 0, ...finite("p50Ms", quantile(sum, 0.5, "play")), ...finite("p95Ms", quantile(sum, 0.95, "play")) };
    },
    segments(): SegmentAnswers {
      const sum = sumOf(SEGMENT_STEPS);
      return { count: sum[INDEX.segments] ?? 0, faults: sum[INDEX.segmentFaults] ?? 0, stalls: sum[INDEX.playerStalls] ?? 0, ...finite("p50Ms", quantile(sum, 0.5, "seg")), ...finite("p95Ms", quantile(sum, 0.95, "seg")) };
    },
  };
}

export type MeshHistory = ReturnType<typeof openMeshHistory>;
