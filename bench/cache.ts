/**
 * cache: what the mesh's cache saves of making each segment for each viewer, on a term of viewing, beside what could be saved
 * by whoever knew the future. The rules are the modules that run; time is simulated, costs were measured (cost/costs.ts).
 */
import type { Benchmark } from "./benchmark.ts";
import { boundOfAny, byValue, distinctBytes, leastRecent } from "./cost/bounded.ts";
import { COSTS } from "./cost/costs.ts";
import { replay, spentOf, type Rules } from "./cost/replay.ts";
import { formatSpread, parseScale, traceOf } from "./cost/runs.ts";
import { costWithoutCache, leastCost } from "./cost/trace.ts";
import { formatTable } from "./text-table.ts";

const RULES: readonly (readonly [string, Rules])[] = [
  ["lazy, nothing made ahead", { policy: "lazy", forecast: false, ahead: { least: 0, most: 0 } }],
  ["lazy", { policy: "lazy", forecast: false }],
  ["lazy, with forecasts", { policy: "lazy", forecast: true }],
  ["hybrid", { policy: "hybrid", forecast: false }],
  ["hybrid, with forecasts", { policy: "hybrid", forecast: true }],
];
/** Bytes of the cache, as parts of those of all segments that are ever asked for. */
const SHARES = [0.01, 0.05, 0.2];

export const cache: Benchmark = {
  name: "cache",
  summary: "processor time that the cache saves on a term of viewing, beside none, LRU and whoever knew the future (simulated)",
  usage: "[--views 30000] [--courses 30] [--zipf 0.9] [--seeds 3]",
  async run(args) {
    const scale = parseScale(args, { views: 30_000, courses: 30 });
    const bounded: Record<string, number[]> = {};
    const figures = new Map<string, number[][]>();
    const note = (name: string, values: readonly number[]): void => { figures.set(name, [...(figures.get(name) ?? []), [...values]]); };
    for (let seed = 1; seed <= scale.seeds; seed++) {
      const trace = traceOf(scale, seed);
      const without = costWithoutCache(trace, COSTS);
      console.log(`Seed ${seed}: ${trace.catalogue.videos.length} lectures, ${(trace.length / 1e6).toFixed(1)} M requests, ${(without / 3600).toFixed(0)} h of a processor without a cache.`);
      note("knowing the future, each segment once", [100 * (1 - leastCost(trace, COSTS) / without)]);
      for (const [name, rules] of RULES) {
        const outcome = replay(trace, COSTS, rules);
        const { views, viewsWarm, jumps, jumpsWarm, wasted } = outcome;
        note(name, [100 * (1 - spentOf(outcome) / without), (100 * viewsWarm) / views, (100 * jumpsWarm) / jumps, (100 * wasted.ahead) / Math.max(1, outcome.spent.ahead), (100 * wasted.forecast) / Math.max(1, outcome.spent.forecast)]);
      }
      const all = distinctBytes(trace, COSTS);
      for (const share of SHARES) {
        const [lru, value, remake] = [leastRecent(trace, COSTS, share * all), byValue(trace, COSTS, share * all, false), byValue(trace, COSTS, share * all, true)];
        (bounded[`${100 * share} %`] ??= []).push(...[lru.hits, value.hits, lru.cpu, remake.cpu, boundOfAny(trace, COSTS, share * all)].map((part) => 100 * part));
      }
    }
    const columns = (rows: readonly (readonly number[])[]): string[] => (rows[0] ?? []).map((_, column) => formatSpread(rows.map((row) => row[column] ?? Number.NaN)));
    console.log(`\nThe store keeps what was made, as the mesh's does; the middle of ${scale.seeds} seeds:\n`);
    console.log(formatTable(["", "processor saved %", "views that begin at once %", "jumps at once %", "of ahead wasted %", "of forecasts wasted %"], [...figures].map(([name, rows]) => [name, ...columns(rows)])));
    console.log("\nMemory alone, without a store behind it:\n");
    console.log(formatTable(["bytes, of all", "hits: LRU %", "ours %", "processor saved: LRU %", "ours, by cost %", "no cache can more than %"],
      Object.entries(bounded).map(([share, values]) => [share, ...Array.from({ length: 5 }, (_, column) => formatSpread(values.filter((_, n) => n % 5 === column)))])));
  },
};
