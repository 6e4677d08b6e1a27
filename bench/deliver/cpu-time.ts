/** Processor time of a process and of those that it started, from `/proc`. */
import { readdir, readFile } from "node:fs/promises";

export interface CpuTime { userSec: number; kernelSec: number }

/** Linux counts in hundredths of a second. */
const TICKS_PER_SEC = 100;

export async function cpuTimeOf(pid: number): Promise<CpuTime> {
  const parents = new Map<number, number>();
  const times = new Map<number, CpuTime>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const fields = (await readFile(`/proc/${name}/stat`, "utf8").catch(() => "")).replace(/^.*\) /, "").split(" ");
    parents.set(Number(name), Number(fields[1]));
    times.set(Number(name), { userSec: Number(fields[11]) / TICKS_PER_SEC, kernelSec: Number(fields[12]) / TICKS_PER_SEC });
  }
  const isWithin = (id: number): boolean => id === pid || (id > 1 && isWithin(parents.get(id) ?? 0));
  const within = [...times].filter(([id]) => isWithin(id)).map(([, time]) => time);
  return { userSec: within.reduce((sum, { userSec }) => sum + userSec, 0), kernelSec: within.reduce((sum, { kernelSec }) => sum + kernelSec, 0) };
}
