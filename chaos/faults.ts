/** npm run chaos -- faults: each fault in each phase of a video's way, on the real thing. See faults/run-cell.ts. */
import { parseArgs } from "node:util";
import { describeLoad, describeMachine } from "../bench/machine.ts";
import { percentile } from "../bench/statistics.ts";
import { formatTable } from "../bench/text-table.ts";
import type { Experiment } from "./experiment.ts";
import { PHASES, type FaultTable } from "./faults/fault.ts";
import { NODE_FAULTS } from "./faults/node-faults.ts";
import type { Cell, CellReport } from "./faults/run-cell.ts";
import { runFaults, type FaultsReport } from "./faults/run-faults.ts";
import { SERVER_FAULTS } from "./faults/server-faults.ts";
import { ORIGIN_FAULTS, STORE_FAULTS } from "./faults/store-faults.ts";
import type { Viewing } from "./faults/viewer.ts";

const FAULTS: FaultTable = { ...NODE_FAULTS, ...SERVER_FAULTS, ...STORE_FAULTS, ...ORIGIN_FAULTS };

export const faults: Experiment = {
  name: "faults",
  summary: "each fault in each phase of a video's way, on real nodes with real FFmpeg, watched by viewers",
  usage: "[--faults a,b] [--phases x,y] [--seed 1]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { faults: { type: "string", default: "" }, phases: { type: "string", default: "" }, seed: { type: "string", default: "1" } } });
    const names = choose("faults", values.faults, Object.keys(FAULTS));
    const phases = choose("phases", values.phases, PHASES);
    // Phase by phase, the busiest first: a run that is ended early has seen every fault.
    const cells = PHASES.toReversed().filter((phase) => phases.includes(phase)).flatMap((phase) => names.flatMap((name): Cell[] => {
      const fault = FAULTS[name];
      return fault?.phases.includes(phase) === true ? [{ name, fault, phase }] : [];
    }));
    console.log(`${await describeMachine("ffmpeg")}, ${describeLoad()}\n`);
    const report = await runFaults({ cells, seed: Number(values.seed), log: console.log });
    print(report, values.seed, cells.length);
    return report.wrong.length === 0 && report.cells.length === cells.length;
  },
};

/** @param given comma-separated, in any case; empty: all */
function choose(option: string, given: string, known: readonly string[]): string[] {
  const wanted = given.split(",").map((name) => name.trim()).filter((name) => name !== "");
  return wanted.length === 0 ? [...known] : wanted.map((name) => {
    const found = known.find((one) => one.toLowerCase() === name.toLowerCase());
    if (found === undefined) throw new Error(`--${option} knows no "${name}"; there are: ${known.join(", ")}.`);
    return found;
  });
}

function print({ cells, wrong, undisturbedMs, seconds }: FaultsReport, seed: string, wanted: number): void {
  const rows = [...Map.groupBy(cells, ({ fault }) => fault)].map(([fault, of]) => [
    fault,
    ...PHASES.map((phase) => { const cell = of.find((one) => one.phase === phase); return cell === undefined ? "–" : `${inSeconds(cell.goesOnMs)} ${inSeconds(cell.completeMs)}`; }),
    describe(of, ({ stored }) => stored), describe(of, ({ fresh }) => fresh),
  ]);
  console.log(`\nSeconds until a segment was stored, and until the video was complete (${inSeconds(undisturbedMs)} undisturbed): from the fault, or from its end where all depend on what fails.`);
  console.log("Viewers: requests that failed of all, and the longest that one took, in seconds.\n");
  console.log(formatTable(["fault", ...PHASES, "viewer of what was stored", "viewer of what is made"], rows));
  const [p50, p95, most] = [0.5, 0.95, 1].map((share) => inSeconds(percentile(cells.map(({ goesOnMs }) => goesOnMs), share)));
  const [objects, same] = [sum(cells, (cell) => cell.objects), sum(cells, (cell) => cell.same)];
  console.log(`\nseed ${seed}: ${cells.length} of ${wanted} cells in ${seconds.toFixed(0)} s. Work went on after p50 ${p50} s, p95 ${p95} s, longest ${most} s.`);
  console.log(`${same} of ${objects} media objects are bit for bit those of the undisturbed run; all decode to every frame.`);
  console.log(wrong.length === 0 ? "All that was promised held." : `\n${wrong.length} promises did not hold:\n${wrong.join("\n")}`);
}

const inSeconds = (ms: number): string => (ms / 1000).toFixed(1);
const sum = (cells: readonly CellReport[], figure: (cell: CellReport) => number): number => cells.reduce((total, cell) => total + figure(cell), 0);

function describe(cells: readonly CellReport[], viewing: (cell: CellReport) => Viewing): string {
  const longest = Math.max(...cells.map((cell) => viewing(cell).longestMs));
  return `${sum(cells, (cell) => viewing(cell).failed)} of ${sum(cells, (cell) => viewing(cell).requests)}, ${inSeconds(longest)}`;
}
