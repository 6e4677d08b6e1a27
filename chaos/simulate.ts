/** Schedulers, queue, reconcilers and workers under simulated time and faults, a seed a run. */
import { parseArgs } from "node:util";
import { percentile } from "../bench/statistics.ts";
import { formatTable } from "../bench/text-table.ts";
import { runCampaign, type Campaign } from "../test/support/simulation/campaign.ts";
import type { Experiment } from "./experiment.ts";

const SHOWN_BROKEN = 5;
const PROGRESS_EVERY = 100;

export const simulate: Experiment = {
  name: "simulate",
  summary: "runs of schedulers, queue and workers under simulated time and faults; with --seed one run, and its story",
  usage: "[--seeds 5000] [--from 1] [--seed 123]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { seeds: { type: "string", default: "1000" }, from: { type: "string", default: "1" }, seed: { type: "string" } } });
    const one = values.seed === undefined ? undefined : parseCount("seed", values.seed);
    const [from, count] = one === undefined ? [parseCount("from", values.from), parseCount("seeds", values.seeds)] : [one, 1];
    const startedAt = performance.now();
    const campaign = await runCampaign(Array.from({ length: count }, (_, n) => from + n), (run, { runs, broken }) => {
      if (one !== undefined) console.log(run.lines.join("\n"));
      if (run.violations.length > 0) console.log(`Seed ${run.seed} is broken.`);
      if (one === undefined && runs % PROGRESS_EVERY === 0) console.log(`${runs} runs, ${broken.length} broken`);
    });
    report(campaign, (performance.now() - startedAt) / 1000);
    return campaign.broken.length === 0;
  },
};

function parseCount(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} is a whole number.`);
  return Number(text);
}

function report({ runs, broken, counts, recoveriesMs }: Campaign, seconds: number): void {
  console.log(`\n${formatTable(["what happened", "times"], [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => [what, String(count)]))}`);
  const [p50, p95, most] = [0.5, 0.95, 1].map((share) => (percentile(recoveriesMs, share) / 1000).toFixed(1));
  console.log(`\nFrom the last fault until all work was done: p50 ${p50} s, p95 ${p95} s, longest ${most} s of simulated time.`);
  console.log(`${runs} runs in ${seconds.toFixed(0)} s, ${broken.length} broken.`);
  for (const { seed, violations } of broken.slice(0, SHOWN_BROKEN)) {
    console.log(`\nSeed ${seed}:\n${violations.map((violation) => `  ${violation}`).join("\n")}\n  npm run chaos -- simulate --seed ${seed}`);
  }
  if (broken.length > SHOWN_BROKEN) console.log(`\nand ${broken.slice(SHOWN_BROKEN).map(({ seed }) => seed).join(", ")}`);
}
