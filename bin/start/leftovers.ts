/**
 * Ends what a start that was killed left running. Linux does that by itself (see child.ts); elsewhere, or without
 * setpriv, a second Redis on the same files would damage them.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { identifyProcess, isAlive, parseIdentity, type ProcessIdentity } from "./process-identity.ts";
import { findSystemCode, StartError } from "./start-error.ts";

const PATIENCE_MS = 10_000;

/** `name` is one of a few: a restarted process takes the place of the one before. */
export function recordChild(dataDir: string, name: string, program: string, pid: number): void {
  mkdirSync(join(dataDir, "run"), { recursive: true });
  writeFileSync(join(dataDir, "run", `${name}.json`), JSON.stringify({ program: basename(program), ...identifyProcess(pid) }));
}

/** Only for the holder of the data directory's lock. */
export async function endLeftovers(dataDir: string): Promise<void> {
  const dir = join(dataDir, "run");
  for (const name of listFolder(dir)) {
    const { program, identity } = parseRecord(readFileSync(join(dir, name), "utf8"));
    if (identity !== undefined && program !== undefined && isLeftover(identity, program)) await end(identity);
  }
  rmSync(dir, { recursive: true, force: true });
}

async function end(identity: ProcessIdentity): Promise<void> {
  process.kill(-identity.pid, "SIGKILL"); // each is the leader of its group
  const until = performance.now() + PATIENCE_MS;
  while (isAlive(identity)) {
    if (performance.now() > until) throw new StartError(`Process ${identity.pid}, left by a start that was killed, does not end.`);
    await wait(20);
  }
}

/** Where nothing tells when a process started, its command line must name the program. */
function isLeftover(identity: ProcessIdentity, program: string): boolean {
  if (!isAlive(identity)) return false;
  if (identity.startedAt !== undefined) return true;
  const { stdout } = spawnSync("ps", ["-o", "command=", "-p", String(identity.pid)], { encoding: "utf8" });
  return typeof stdout === "string" && stdout.includes(program);
}

function listFolder(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (findSystemCode(error) === "ENOENT") return [];
    throw error;
  }
}

function parseRecord(text: string): { program?: string; identity?: ProcessIdentity } {
  try {
    const value: unknown = JSON.parse(text);
    const { program } = (value ?? {}) as { program?: unknown };
    const identity = parseIdentity(value);
    return typeof program === "string" && identity !== undefined ? { program, identity } : {};
  } catch {
    return {}; // written half: the start was killed before the child did anything
  }
}
