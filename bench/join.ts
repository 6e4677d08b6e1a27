/** join: how long a node takes from the start of its process until it answers another node's call, as `npm run node` starts it. */
import { join as joinPath } from "node:path";
import { parseArgs } from "node:util";
import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../config/broker-options.ts";
import { loadConfig } from "../config/config.ts";
import { joinMesh, leaveMesh, startMesh } from "../test/support/mesh.ts";
import { findFreePort } from "../test/support/ports.ts";
import type { Benchmark } from "./benchmark.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { percentile } from "./statistics.ts";
import { formatTable } from "./text-table.ts";

/** What a node runs, and the call that it is to answer. */
const KINDS = [
  { name: "transcoder", services: "transcoder", action: "transcoder.load" },
  { name: "cache", services: "cache", action: "storage.check" },
  { name: "all services", services: "", action: "transcoder.load" },
  { name: "all services, not compiled", services: "", action: "transcoder.load", compiled: false }, // as a new machine has it that no image was compiled for
] as const satisfies readonly { name: string; services: string; action: string; compiled?: false }[];
const LOOK_MS = 10;

export const join: Benchmark = {
  name: "join",
  summary: "from the start of a node's process to its first answer in the mesh",
  usage: "[--runs 5]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { runs: { type: "string", default: "5" } } });
    const runs = Number(values.runs);
    if (!Number.isInteger(runs) || runs < 1 || runs > 50) throw new Error("--runs must be a whole number from 1 to 50.");
    const { ffmpegPath } = loadConfig(process.env);
    const mesh = await startMesh({ settings: { LECTERN_FFMPEG: ffmpegPath } });
    const operator = new ServiceBroker({ ...brokerOptions(loadConfig({ LECTERN_NATS_URL: mesh.natsUrl, LECTERN_MESH_SECRET: mesh.meshSecret, LECTERN_NODE_ID: "bench-operator" })), logger: false, skipProcessEventRegistration: true });
    try {
      await operator.start();
      const rows: string[][] = [];
      for (const kind of KINDS) {
        const { name, services, action } = kind;
        const [answered, left]: [number[], number[]] = [[], []];
        for (let run = 0; run < runs; run++) {
          const nodeID = `${name.replaceAll(/\W+/g, "-")}-${run}`;
          const emptyCache = "compiled" in kind ? { NODE_COMPILE_CACHE: joinPath(mesh.dataDir, `not-compiled-${run}`) } : {};
          const args = ["--node-id", nodeID, ...(services === "" ? [] : ["--services", services])];
          const startedAt = performance.now();
          const [node, ms] = await Promise.all([joinMesh(mesh, args, { LECTERN_HTTP_PORT: String(await findFreePort()), ...emptyCache }), untilAnswered(operator, action, nodeID, startedAt)]);
          answered.push(ms);
          const askedAt = performance.now();
          await leaveMesh(node);
          left.push(performance.now() - askedAt);
        }
        rows.push([name, ...[answered, left].flatMap((times) => [percentile(times, 0.5).toFixed(0), Math.max(...times).toFixed(0)])]);
      }
      console.log(`\n${formatTable(["node", "joined p50 ms", "slowest ms", "left p50 ms", "slowest ms"], rows)}\n\n${runs} runs of each. ${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    } finally {
      await operator.stop();
      await mesh.stop();
    }
  },
};

/** Asks until the node answers. @returns ms since `startedAt` */
async function untilAnswered(operator: ServiceBroker, action: string, nodeID: string, startedAt: number): Promise<number> {
  for (;;) {
    try {
      await operator.call(action, {}, { nodeID, timeout: 5_000, retries: 0 });
      return performance.now() - startedAt;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS)); // not known yet
    }
  }
}
