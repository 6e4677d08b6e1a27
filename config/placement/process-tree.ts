/** Processor time of this process and all that it started, FFmpeg in its sandbox included (Linux, proc(5)). */
import { readdir, readFile } from "node:fs/promises";

interface Stat { parent: number; ticks: number; pages: number }

/** Of `utime` and its like: USER_HZ, the same on every Linux. */
const TICKS_PER_SEC = 100;
/** Of `rss`: what Debian has on x86-64 and arm64. */
const PAGE_BYTES = 4_096;
/** What is not ours is looked at again after so many readings: a number may have been given to another process. */
const FORGET_EVERY = 60;

/**
 * The function reads the seconds so far: they grow, save for what a process took that nobody waited for at its end.
 * @param onMemory told at each reading how many bytes all that it started have in memory
 */
export function openProcessTree(pid: number = process.pid, onMemory: (bytes: number) => void = () => undefined) {
  const foreign = new Set<number>();
  let readings = 0;

  return async function readSeconds(): Promise<number> {
    if (++readings % FORGET_EVERY === 0) foreign.clear();
    const living = await listProcesses();
    for (const known of foreign) if (!living.has(known)) foreign.delete(known);
    const stats = new Map<number, Stat>();
    await Promise.all([...living].filter((one) => !foreign.has(one)).map(async (one) => {
      const stat = await readStat(one);
      if (stat !== undefined) stats.set(one, stat);
    }));
    if (!stats.has(pid)) return ownSeconds();
    let [ticks, pages] = [0, 0];
    for (const [one, stat] of stats) {
      if (!isBelow(one, pid, stats)) {
        foreign.add(one);
        continue;
      }
      ticks += stat.ticks;
      if (one !== pid) pages += stat.pages;
    }
    onMemory(pages * PAGE_BYTES);
    return ticks / TICKS_PER_SEC;
  };
}

function isBelow(one: number, ancestor: number, stats: ReadonlyMap<number, Stat>): boolean {
  for (let at: number | undefined = one; at !== undefined && at > 0; at = stats.get(at)?.parent) if (at === ancestor) return true;
  return false;
}

async function listProcesses(): Promise<ReadonlySet<number>> {
  const names = await readdir("/proc").catch(() => []); // another system has none
  return new Set(names.filter((name) => /^\d+$/.test(name)).map(Number));
}

/** With what its children took that have ended. Undefined when it has ended itself. */
async function readStat(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  const [, parent, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number); // a name may hold anything
  if (parent === undefined) return undefined;
  return { parent, ticks: rest.slice(9, 13).reduce((sum, ticks) => sum + ticks, 0), pages: Math.max(0, rest[19] ?? 0) }; // utime, stime, cutime, cstime; rss
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}
