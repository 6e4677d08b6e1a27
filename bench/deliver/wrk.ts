/** Debian's `wrk`: asks for one path after another on so many connections, as fast as they are answered. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";

export interface WrkResult { perSec: number; p50Ms: number; p99Ms: number; requests: number }

/** @param script where its program may be written @throws Error where there is no wrk, and for answers that are no 2xx */
export async function runWrk(base: string, paths: readonly string[], script: string, connections: number, seconds: number): Promise<WrkResult> {
  await writeFile(script, `local paths = {${paths.map((path) => JSON.stringify(path)).join(",")}}\nlocal next = 0\nrequest = function() next = next % #paths + 1; return wrk.format("GET", paths[next]) end\n`);
  const { stdout } = await promisify(execFile)("wrk", ["-t1", `-c${connections}`, `-d${seconds}`, "--latency", "-s", script, base]).catch((error: unknown) => {
    if (typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT") throw new Error("This benchmark needs wrk: apt-get install wrk nginx.");
    throw error;
  });
  const fault = /^\s*(Non-2xx.*|Socket errors.*)$/m.exec(stdout)?.[1];
  if (fault !== undefined) throw new Error(`${base}: ${fault}`);
  return { perSec: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]), p50Ms: milliseconds(stdout, "50%"), p99Ms: milliseconds(stdout, "99%"), requests: Number(/(\d+) requests in/.exec(stdout)?.[1]) };
}

function milliseconds(output: string, row: string): number {
  const [, value, unit] = new RegExp(`^\\s*${row}\\s+([\\d.]+)(us|ms|s)`, "m").exec(output) ?? [];
  return Number(value) * ({ us: 0.001, ms: 1, s: 1_000 }[unit ?? ""] ?? Number.NaN);
}
