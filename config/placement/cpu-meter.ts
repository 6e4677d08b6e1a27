/** How busy the cores of this machine were since they were last looked at: with this node's processes, and with everything. */
import { cpus } from "node:os";
import type { CpuUse } from "./own-load.ts";
import { openProcessTree } from "./process-tree.ts";

interface Times { idle: number; total: number }

/** @param note told of the seconds that this node's processes have taken so far */
export function openCpuMeter(readOwn: () => Promise<number> = openProcessTree(), readMachine: () => Times = machineTimes, note: (seconds: number) => void = () => undefined) {
  let last: { own: number; machine: Times } | undefined;
  /** Undefined at the first look, and when no time has passed. */
  return async function look(): Promise<CpuUse | undefined> {
    const seen = { own: await readOwn(), machine: readMachine() };
    const before = last;
    last = seen;
    note(seen.own);
    if (before === undefined || seen.machine.total <= before.machine.total) return undefined;
    const total = seen.machine.total - before.machine.total; // of all cores
    return { own: share((seen.own - before.own) * 1000, total), machine: share(total - (seen.machine.idle - before.machine.idle), total) };
  };
}

function share(part: number, whole: number): number {
  return Math.min(1, Math.max(0, part / whole));
}

/** In milliseconds, of all cores together. */
function machineTimes(): Times {
  const times = cpus().map((core) => core.times);
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    total: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  };
}
