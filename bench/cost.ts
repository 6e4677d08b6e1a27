/**
 * cost: processor time and stored bytes of each policy on a term of viewing, for libraries that are watched little, some and
 * much, beside two that make all of it when it is posted: a converter's full ladder, which encodes each rendition, and the
 * mesh's own `eager`, which repackages the best where browsers play it. `--measure` measures here what the figures rest on (cost/costs.ts).
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { loadConfig } from "../config/config.ts";
import type { Benchmark } from "./benchmark.ts";
import { prepareClips } from "./bits/clips.ts";
import { COSTS } from "./cost/costs.ts";
import { measureCosts } from "./cost/measure-costs.ts";
import { replay, spentOf, type Outcome, type Rules } from "./cost/replay.ts";
import { formatSpread, traceOf } from "./cost/runs.ts";
import { fullLadder, leastCost } from "./cost/trace.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { formatTable } from "./text-table.ts";

const RULES: readonly (readonly [string, Rules])[] = [
  ["lazy", { policy: "lazy", forecast: false }],
  ["lazy, with forecasts", { policy: "lazy", forecast: true }],
  ["hybrid, with forecasts", { policy: "hybrid", forecast: true }],
];
/** Views of a lecture in its term, on average. */
const LIBRARIES = [["watched little", 5], ["watched some", 20], ["watched much", 70]] as const;
const LECTURES_A_COURSE = 14.5;

export const cost: Benchmark = {
  name: "cost",
  summary: "processor time and stored bytes of lazy, hybrid and eager on a term of viewing, beside a full ladder (simulated; --measure: what it rests on)",
  usage: "[--courses 30] [--seeds 3] [--measure]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { courses: { type: "string", default: "30" }, seeds: { type: "string", default: "3" }, measure: { type: "boolean", default: false } } });
    if (values.measure) return await measure();
    const [courses, seeds] = [Number(values.courses), Number(values.seeds)];
    if (![courses, seeds].every((given) => Number.isInteger(given) && given >= 1)) throw new Error("--courses and --seeds take whole numbers from 1.");
    for (const [library, each] of LIBRARIES) {
      const figures = new Map<string, number[][]>();
      const note = (name: string, row: number[]): void => { figures.set(name, [...(figures.get(name) ?? []), row]); };
      for (let seed = 1; seed <= seeds; seed++) {
        const trace = traceOf({ views: Math.round(each * courses * LECTURES_A_COURSE), courses, zipf: 0.9, seeds }, seed);
        const eager = replay(trace, COSTS, { policy: "eager", forecast: false });
        const ladder = fullLadder(trace, COSTS);
        const spent = (cpuSec: number): number[] => [cpuSec / 3600, 100 * (1 - cpuSec / ladder.cpuSec), 100 * (1 - cpuSec / spentOf(eager))];
        const row = (outcome: Outcome): number[] => [
          ...spent(spentOf(outcome)), outcome.storedBytes / 1e9,
          ...(["viewer", "ahead", "policy", "forecast"] as const).map((who) => outcome.spent[who] / 3600),
          Object.values(outcome.wasted).reduce((sum, seconds) => sum + seconds, 0) / 3600, (100 * outcome.viewsWarm) / outcome.views,
        ];
        note("full ladder", [...spent(ladder.cpuSec), ladder.bytes / 1e9]);
        note("eager", row(eager));
        for (const [name, rules] of RULES) note(name, row(replay(trace, COSTS, rules)));
        note("knowing the future", spent(leastCost(trace, COSTS)));
      }
      console.log(`\nA library that is ${library}: ${each} views of a lecture, ${courses} courses, ${seeds} seeds.\n`);
      console.log(formatTable(["", "processor h", "saved of the full ladder %", "of eager %", "stored GB", "for viewers h", "ahead h", "policy h", "forecast h", "never watched h", "views at once %"],
        [...figures].map(([name, rows]) => [name, ...(rows[0] ?? []).map((_, column) => formatSpread(rows.map((values) => values[column] ?? Number.NaN)))])));
    }
  },
};

async function measure(): Promise<void> {
  const { dataDir, ffmpegPath } = loadConfig(process.env);
  const [clip] = await prepareClips(join(dataDir, "bench"), ffmpegPath, console.log);
  if (clip === undefined) throw new Error("There is nothing to measure with.");
  console.log(await measureCosts(ffmpegPath, clip.path), `\n${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
}
