/**
 * Placement of segments that viewers wait for: ours beside Moleculer's own strategies, in a simulated mesh of three regions.
 * The strategies are the classes that run; nodes, network and viewers are simulated, so a run takes seconds and its figures
 * do not depend on the machine. Moleculer's Random, CpuUsage and Latency draw from a chance that no seed reaches: theirs
 * differ a little from run to run.
 */
import { parseArgs } from "node:util";
import type { Benchmark } from "./benchmark.ts";
import type { Placing } from "./placement/caller.ts";
import { openChance } from "./placement/chance.ts";
import { simulate, type Outcome } from "./placement/simulation.ts";
import { listGateways, listMachines, REGIONS } from "./placement/topology.ts";
import { listAsked, SECONDS } from "./placement/workload.ts";
import { percentile } from "./statistics.ts";
import { formatTable } from "./text-table.ts";

const byParams = (key: (params: { videoId: string; rendition: string; segment: number }) => string): Placing => ({
  strategy: "Placement", keyOf: (_, params) => key(params as { videoId: string; rendition: string; segment: number }),
});
const kindOf = (rendition: string): string => (rendition === "audio" ? "sound" : "picture");

const CONTENDERS: readonly (readonly [string, Placing])[] = [
  ["Moleculer RoundRobin", { strategy: "RoundRobin" }],
  ["Moleculer Random", { strategy: "Random" }],
  ["Moleculer CpuUsage", { strategy: "CpuUsage" }],
  ["Moleculer Latency", { strategy: "Latency" }],
  ["Moleculer Shard, by video", { strategy: "Shard", options: { shardKey: "videoId" } }],
  ["ours, no key", { strategy: "Placement", keyOf: () => undefined }],
  ["ours, by segment", byParams(({ videoId, rendition, segment }) => `${videoId}/${rendition}/${segment}`)],
  ["ours, by run of 8 segments", byParams(({ videoId, rendition, segment }) => `${videoId}/${rendition}/${segment >> 3}`)],
  ["ours, by picture or sound", byParams(({ videoId, rendition }) => `${videoId}/${kindOf(rendition)}`)],
  ["ours, by video", byParams(({ videoId }) => videoId)],
];

export const placement: Benchmark = {
  name: "placement",
  summary: "where a viewer's segments are made, beside Moleculer's strategies: waits, spread of load, warm nodes (simulated)",
  usage: "[--seeds 3]",
  async run(args) {
    const { values: { seeds } } = parseArgs({ args: [...args], options: { seeds: { type: "string", default: "3" } } });
    const runs = Number(seeds);
    if (!Number.isInteger(runs) || runs < 1) throw new Error(`--seeds takes a whole number from 1, not "${seeds}".`);
    console.log(`${listMachines(openChance(1)).length} transcoders and ${listGateways().length} gateways in ${REGIONS.length} regions, ${SECONDS / 60} minutes, each of ${runs} seeds.\n`);
    const rows = CONTENDERS.map(([name, placing]) => {
      const outcomes = Array.from({ length: runs }, (_, seed) => runSeed(placing, seed + 1));
      return [name, ...formatOutcomes(outcomes)];
    });
    console.log(formatTable(["placed by", "p50 ms", "p95 ms", "p99 ms", "spread", "warm %", "abroad %", "agreed %"], rows));
  },
};

function runSeed(placing: Placing, seed: number): Outcome {
  const chance = openChance(seed);
  const machines = listMachines(chance);
  return simulate(placing, machines, listGateways(), listAsked(chance), chance);
}

function formatOutcomes(outcomes: readonly Outcome[]): string[] {
  const waits = outcomes.flatMap(({ waitsMs }) => waitsMs);
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const percent = (part: number, whole: number): string => (whole === 0 ? "–" : (100 * part / whole).toFixed(0));
  const calls = sum(({ calls }) => calls);
  return [
    ...[0.5, 0.95, 0.99].map((share) => percentile(waits, share).toFixed(0)),
    (sum(({ spread }) => spread) / outcomes.length).toFixed(2),
    percent(sum(({ warm }) => warm), calls), percent(sum(({ abroad }) => abroad), calls),
    percent(sum(({ agreed }) => agreed), sum(({ compared }) => compared)),
  ];
}
