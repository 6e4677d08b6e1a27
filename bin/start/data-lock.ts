/** One Lectern per data directory: a file with the id of the process that uses it. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { identifyProcess, isAlive, parseIdentity, type ProcessIdentity } from "./process-identity.ts";
import { findSystemCode, StartError } from "./start-error.ts";

export interface DataLock { close(): void }

/** @throws StartError when a living process holds it */
export function openDataLock(dataDir: string): DataLock {
  const found = tryDataLock(dataDir);
  if ("close" in found) return found;
  throw new StartError(`Lectern already runs with the data directory ${dataDir} (process ${found.pid}): stop it first, or choose another directory and port with LECTERN_DATA and LECTERN_HTTP_PORT.`);
}

/** The lock, or the living process that holds it. */
export function tryDataLock(dataDir: string): DataLock | ProcessIdentity {
  const path = join(dataDir, "lectern.pid");
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identifyProcess(process.pid)), { mode: 0o600 });
  try {
    while (!tryLink(mine, path)) {
      const holder = findHolder(path);
      if (holder !== undefined && isAlive(holder)) return holder;
      discard(path, `${mine}.stale`);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return { close: () => rmSync(path, { force: true }) };
}

/** Links rather than writes: the file is there with its content, or not at all. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (findSystemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Moves a stale lock away; if another start has taken it over in the meantime, that one gets its lock back. */
function discard(path: string, aside: string): void {
  try {
    renameSync(path, aside);
  } catch (error) {
    if (findSystemCode(error) === "ENOENT") return; // another start was faster
    throw error;
  }
  const moved = findHolder(aside);
  if (moved !== undefined && isAlive(moved)) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function findHolder(path: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (error instanceof SyntaxError || findSystemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
