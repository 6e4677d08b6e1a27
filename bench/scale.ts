/**
 * How large a region may be: the modules that place calls, in simulated meshes of up to 1,000 nodes, with what a report costs
 * measured here. There are a thousand viewers a node: with a segment every four seconds each, one in a hundred is one that nobody
 * has made before, and is placed.
 */
import { parseArgs } from "node:util";
import type { Benchmark } from "./benchmark.ts";
import { openChance } from "./placement/chance.ts";
import { paces, runMesh, type MeshOutcome } from "./scale/large-mesh.ts";
import { measureReportCost } from "./scale/report-cost.ts";
import { percentile } from "./statistics.ts";
import { formatTable } from "./text-table.ts";

const SIZES = [{ nodes: 10, callers: 3, seconds: 120 }, { nodes: 100, callers: 10, seconds: 40 }, { nodes: 300, callers: 20, seconds: 14 }, { nodes: 1_000, callers: 20, seconds: 8 }] as const;
const USE = 0.6;
const CHURN = 0.1;
const VIEWERS_EACH = 1_000;

export const scale: Benchmark = {
  name: "scale",
  summary: "placement in meshes of 10 to 1,000 nodes: waits, balance, agreement, traffic of load reports, nodes that come and go (simulated)",
  usage: "[--most 1000]",
  async run(args) {
    const { values: { most } } = parseArgs({ args: [...args], options: { most: { type: "string", default: "1000" } } });
    const limit = Number(most);
    if (!Number.isInteger(limit) || limit < 10) throw new Error(`--most takes a whole number from 10, not "${most}".`);
    const cost = await measureReportCost();
    console.log(`A report is ${cost.bytes.toFixed(0)} bytes on NATS; to send it to one node and to take it in there is ${cost.cpuMs.toFixed(3)} ms of a processor, together.`);
    console.log(`Transcoders of four slots, ${100 * USE} % used by encodes; half-way ${100 * CHURN} % of the nodes die and as many come.\n`);
    const rows = SIZES.filter(({ nodes }) => nodes <= limit).flatMap((size) => Object.entries(paces).map(([name, pace]) => {
      const outcome = runMesh({ ...size, use: USE, churn: CHURN }, pace, openChance(1));
      return [`${size.nodes} nodes, ${name}`, (size.nodes * VIEWERS_EACH).toLocaleString("en"), ...figures(outcome), ...traffic(outcome, size.nodes, cost)];
    }));
    console.log(formatTable(["mesh, reports", "viewers", "p50 ms", "p95 ms", "p99 ms", "max/mean", "spilled %", "agreed %", "made again %", "choice µs", "reports in /s", "kB/s in", "cores %", "mesh msg/s"], rows));
  },
};

function figures({ waitsMs, calls, spilled, compared, agreed, again, maxOverMean, chooseUs }: MeshOutcome): string[] {
  const percent = (part: number, whole: number): string => (whole === 0 ? "–" : ((100 * part) / whole).toFixed(1));
  return [...[0.5, 0.95, 0.99].map((share) => percentile(waitsMs, share).toFixed(0)), maxOverMean.toFixed(2), percent(spilled, calls), percent(agreed, compared), percent(again, calls), chooseUs.toFixed(0)];
}

/** Every node tells every other: a node sends as many as it takes in. */
function traffic({ told }: MeshOutcome, nodes: number, { bytes, cpuMs }: { bytes: number; cpuMs: number }): string[] {
  const taken = told * (nodes - 1);
  return [taken.toFixed(0), ((taken * bytes) / 1000).toFixed(0), ((100 * taken * cpuMs) / 1000).toFixed(1), (taken * nodes).toFixed(0)];
}
