/** npm run chaos -- storm: see run-storm.ts. Ends with 1 when something is lost, double or wrong. */
import { parseArgs } from "node:util";
import { describeLoad, describeMachine } from "../bench/machine.ts";
import { percentile } from "../bench/statistics.ts";
import { formatTable } from "../bench/text-table.ts";
import type { Experiment } from "./experiment.ts";
import { FAULTS } from "./storm/faults.ts";
import { runStorm } from "./storm/run-storm.ts";

const LIMIT_MS = 3 * 3_600_000;

export const storm: Experiment = {
  name: "storm",
  summary: "thousands of chunks while workers, schedulers, NATS and Redis are killed, stopped, emptied and torn",
  usage: "[--chunks 10000] [--videos 50] [--workers 4] [--seed 1] [--calm-ms 4000]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { chunks: { type: "string", default: "10000" }, videos: { type: "string", default: "50" }, workers: { type: "string", default: "4" }, seed: { type: "string", default: "1" }, "calm-ms": { type: "string", default: "4000" } } });
    console.log(`${await describeMachine("ffmpeg")}, ${describeLoad()}\n`);
    const { seconds, segments, faults, wrong } = await runStorm({
      chunks: Number(values.chunks), videos: Number(values.videos), workers: Number(values.workers), seed: Number(values.seed), calmMs: Number(values["calm-ms"]), limitMs: LIMIT_MS, log: console.log,
    });
    const rows = FAULTS.map((name) => {
      const times = faults.filter(({ fault }) => fault === name).map(({ recoveryMs }) => recoveryMs);
      return [name, String(times.length), ...(times.length === 0 ? ["–", "–"] : [percentile(times, 0.5).toFixed(0), Math.max(...times).toFixed(0)])];
    });
    console.log(`\nseed ${values.seed}: ${values.chunks} chunks, ${segments} segments stored in ${seconds.toFixed(0)} s, ${faults.length} faults\n`);
    console.log(formatTable(["fault", "times", "work goes on after ms, p50", "longest"], rows));
    console.log(wrong.length === 0 ? "\n0 lost, 0 double, 0 wrong" : `\n${wrong.length} faults found:\n${wrong.slice(0, 50).join("\n")}`);
    return wrong.length === 0;
  },
};
