/** npm run chaos -- <name> [options]: breaks things in many ways, and says whether what was promised held. Exits with 1 when it did not. */
import { errorMessage } from "../config/errors.ts";
import type { Experiment } from "./experiment.ts";

const EXPERIMENTS: Readonly<Record<string, () => Promise<Experiment>>> = {
  storm: async () => (await import("./storm.ts")).storm,
  regions: async () => (await import("./regions.ts")).regions,
  simulate: async () => (await import("./simulate.ts")).simulate,
  faults: async () => (await import("./faults.ts")).faults,
};

async function listExperiments(): Promise<string> {
  const lines = await Promise.all(Object.values(EXPERIMENTS).map(async (load) => {
    const { name, summary, usage } = await load();
    return `  ${`${name} ${usage}`.padEnd(44)} ${summary}`;
  }));
  return ["usage: npm run chaos -- <name> [options]", "", ...lines].join("\n");
}

const [name, ...args] = process.argv.slice(2);
const load = name === undefined ? undefined : EXPERIMENTS[name];
if (load === undefined) {
  const list = await listExperiments();
  if (name === undefined) console.log(list);
  else console.error(`There is no experiment "${name}".\n\n${list}`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  try {
    process.exitCode = (await (await load()).run(args)) ? 0 : 1;
  } catch (error) {
    console.error(errorMessage(error));
    process.exitCode = 1;
  }
}
