/** npm run chaos -- regions: see regions/run-regions.ts. Ends with 1 when something that was promised does not hold. */
import { parseArgs } from "node:util";
import { describeLoad, describeMachine } from "../bench/machine.ts";
import { formatTable } from "../bench/text-table.ts";
import type { Experiment } from "./experiment.ts";
import { REGION_NAMES } from "./regions/region.ts";
import { checkRequirements } from "./regions/requirements.ts";
import { runRegions, SCENARIO_NAMES } from "./regions/run-regions.ts";

const SHOWN_FAULTS = 50;

export const regions: Experiment = {
  name: "regions",
  summary: "whole regions in namespaces of their own, far apart; the line between them is cut both ways and one, a region goes dark",
  usage: "[--regions us,eu] [--rtt-ms 80] [--seed 1] [--only cut-both,dark]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { regions: { type: "string", default: "us,eu" }, "rtt-ms": { type: "string", default: "80" }, seed: { type: "string", default: "1" }, only: { type: "string", default: SCENARIO_NAMES.join() } } });
    const names = parseList("regions", values.regions, REGION_NAMES);
    if (names.length < 2) throw new Error("--regions names two or more.");
    const only = parseList("only", values.only, SCENARIO_NAMES);
    await checkRequirements();
    for (const name of Object.keys(process.env)) if (name.startsWith("LECTERN_")) delete process.env[name]; // those of whoever runs it are for another mesh
    console.log(`${await describeMachine("ffmpeg")}, ${describeLoad()}\n`);
    const reports = await runRegions({ names, rttMs: parseCount("rtt-ms", values["rtt-ms"]), seed: parseCount("seed", values.seed), only, log: console.log });
    console.log(`\nseed ${values.seed}, ${names.join(", ")}, ${values["rtt-ms"]} ms there and back\n`);
    console.log(formatTable(["scenario", "what", "took"], reports.flatMap(({ name, figures }) => figures.map(({ what, value }) => [name, what, value]))));
    const faults = reports.flatMap(({ name, faults: found }) => found.map((fault) => `${name}: ${fault}`));
    const accepted = reports.reduce((sum, report) => sum + report.accepted.length, 0);
    console.log(`\n${accepted} videos accepted, ${reports.length} scenarios in ${reports.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} s`);
    console.log(faults.length === 0 ? "0 lost, 0 double, 0 wrong" : `${faults.length} faults found:\n${faults.slice(0, SHOWN_FAULTS).join("\n")}`);
    return faults.length === 0;
  },
};

function parseCount(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`--${name} is a whole number.`);
  return Number(text);
}

function parseList(name: string, text: string, known: readonly string[]): string[] {
  const wanted = text.split(",");
  const unknown = wanted.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new Error(`--${name}: "${unknown}" is none of ${known.join(", ")}.`);
  return known.filter((word) => wanted.includes(word));
}
