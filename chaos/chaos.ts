/** npm run chaos -- <name> [options]: faults on purpose, seeded and bounded, and an independent look at what is left. */
import { errorMessage } from "../config/errors.ts";
import type { ChaosRun } from "./chaos-run.ts";

const RUNS: Readonly<Record<string, () => Promise<ChaosRun>>> = {
  storm: async () => (await import("./storm.ts")).storm,
};

async function listRuns(): Promise<string> {
  const lines = await Promise.all(Object.values(RUNS).map(async (load) => {
    const { name, summary, usage } = await load();
    return `  ${name} ${usage}\n      ${summary}`;
  }));
  return ["usage: npm run chaos -- <name> [options]", "", ...lines].join("\n");
}

const [name, ...args] = process.argv.slice(2);
const load = name === undefined ? undefined : RUNS[name];
if (load === undefined) {
  console.error(name === undefined ? await listRuns() : `There is no chaos "${name}".\n\n${await listRuns()}`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  try {
    if (!(await (await load()).run(args))) process.exitCode = 1;
  } catch (error) {
    console.error(errorMessage(error));
    process.exitCode = 1;
  }
}
