/** npm run bench -- <name> [options]: side-by-side measurements that anyone can repeat. They print and never assert. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ApiError } from "../bin/add/gateway-client.ts";
import { dieWithParent } from "../bin/start/child.ts";
import { NODE_FLAGS, MALLOC_SETTINGS } from "../bin/start/node-process.ts";
import { findProgram, programFolders } from "../bin/start/program.ts";
import { errorMessage } from "../config/errors.ts";
import type { Benchmark } from "./benchmark.ts";

const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  "first-byte": async () => (await import("./first-byte.ts")).firstByte,
  "first-play": async () => (await import("./first-play.ts")).firstPlay,
  classes: async () => (await import("./classes.ts")).classes,
  stills: async () => (await import("./stills.ts")).stills,
  clients: async () => (await import("./clients.ts")).clients,
  source: async () => (await import("./source.ts")).source,
  queue: async () => (await import("./queue.ts")).queue,
  twins: async () => (await import("./twins.ts")).twins,
  join: async () => (await import("./join.ts")).join,
  bits: async () => (await import("./bits.ts")).bits,
  encryption: async () => (await import("./encryption.ts")).encryption,
  protection: async () => (await import("./protection.ts")).protection,
  screening: async () => (await import("./screening.ts")).screening,
  deliver: async () => (await import("./deliver.ts")).deliver,
  soak: async () => (await import("./soak.ts")).soak,
  memory: async () => (await import("./memory.ts")).memory,
  cache: async () => (await import("./cache.ts")).cache,
  cost: async () => (await import("./cost.ts")).cost,
  placement: async () => (await import("./placement.ts")).placement,
  capacity: async () => (await import("./capacity.ts")).capacity,
  scale: async () => (await import("./scale.ts")).scale,
};

async function listBenchmarks(): Promise<string> {
  const lines = await Promise.all(Object.values(BENCHMARKS).map(async (load) => {
    const { name, summary, usage } = await load();
    return `  ${`${name} ${usage}`.padEnd(44)} ${summary}`;
  }));
  return ["usage: npm run bench -- <name> [options]", "", ...lines].join("\n");
}

/** This same command once more, as nodes are started. @returns its exit code */
async function runAsNode(): Promise<number> {
  const { program, args: all } = dieWithParent({ program: process.execPath, args: [...NODE_FLAGS, ...process.argv.slice(1)] }, findProgram("setpriv", programFolders(process.env["PATH"])));
  const again = spawn(program, all, { env: { ...process.env, ...MALLOC_SETTINGS }, stdio: "inherit" });
  const [code] = await once(again, "exit") as [number | null];
  return code ?? 1;
}

const [name, ...args] = process.argv.slice(2);
const load = name === undefined ? undefined : BENCHMARKS[name];
if (load === undefined) {
  const list = await listBenchmarks();
  if (name === undefined) console.log(list);
  else console.error(`There is no benchmark "${name}".\n\n${list}`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  try {
    const benchmark = await load();
    if (benchmark.inProcess === true && process.env["MALLOC_ARENA_MAX"] === undefined) process.exitCode = await runAsNode();
    else await benchmark.run(args);
  } catch (error) {
    console.error([errorMessage(error), ...(error instanceof ApiError ? error.reasons : [])].join(" "));
    process.exitCode = 1;
  }
}
