/** The whole of Lectern as a stranger starts it: `npm start` without the set-up, on a data directory of its own. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProcesses, openLectern, type LecternProcess } from "./lectern-process.ts";
import { findFreePort } from "./ports.ts";
import { bareEnvironment } from "./start-process.ts";

export interface MeshOptions {
  /** Settings, by their environment names. */
  settings?: Readonly<Record<string, string>>;
  /** Absent: one of its own, removed at the end. */
  dataDir?: string;
}
export interface Mesh {
  httpUrl: string;
  dataDir: string;
  natsUrl: string;
  redisUrl: string;
  meshSecret: string;
  output(): string;
  /** Log of the nodes so far. */
  nodeLog(): string;
  /** As Ctrl-C does; removes the data directory unless it was given. */
  stop(): Promise<void>;
  /** The node process alone, not the supervisor. */
  nodePid(): number;
  /** The supervisor, with SIGKILL; everything it started dies with it. Data stay. */
  kill(): Promise<void>;
}

const START = fileURLToPath(new URL("../../bin/start.ts", import.meta.url));
const NODE = fileURLToPath(new URL("../../bin/node.ts", import.meta.url));

export async function startMesh({ settings = {}, dataDir }: MeshOptions = {}): Promise<Mesh> {
  const data = dataDir ?? (await mkdtemp(join(tmpdir(), "lectern-mesh-")));
  const env = { ...bareEnvironment(), LECTERN_DATA: data, LECTERN_HTTP_PORT: String(await findFreePort()), LECTERN_ACCESS: "open", ...settings };
  const lectern = openLectern([START], env);
  await lectern.waitFor(/Lectern is ready/);
  const mesh = JSON.parse(readFileSync(join(data, "mesh.json"), "utf8")) as Pick<Mesh, "httpUrl" | "natsUrl" | "redisUrl" | "meshSecret">;
  return {
    ...mesh,
    dataDir: data,
    output: lectern.output,
    nodeLog: () => readFileSync(join(data, "logs/node.log"), "utf8"),
    nodePid: () => findNode(data),
    async stop() {
      lectern.child.kill("SIGTERM");
      await lectern.exited;
      if (dataDir === undefined) await rm(data, { recursive: true, force: true });
    },
    async kill() {
      const pids = findProcesses(data);
      lectern.child.kill("SIGKILL");
      await lectern.exited;
      await Promise.all(pids.map(gone));
    },
  };
}

/** One more node of a mesh, as `npm run node` starts it. Resolves when it has joined. */
export async function joinMesh(mesh: Mesh, args: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<LecternProcess> {
  const node = openLectern([NODE, ...args], { ...bareEnvironment(), LECTERN_DATA: mesh.dataDir, ...settings });
  await node.waitFor(/started successfully/);
  return node;
}

export async function leaveMesh(node: LecternProcess): Promise<number | null> {
  if (node.child.exitCode === null) {
    node.child.kill("SIGTERM");
    await once(node.child, "close");
  }
  return node.child.exitCode;
}

function findNode(data: string): number {
  const pid = findProcesses(data).find((candidate) => readFileSync(`/proc/${candidate}/cmdline`, "latin1").includes("bin/broker.ts"));
  if (pid === undefined) throw new Error("no node runs on this data directory");
  return pid;
}

/** Resolves when the process has ended. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
      if (/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))) return;
    } catch {
      return; // there is no such process any more
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
