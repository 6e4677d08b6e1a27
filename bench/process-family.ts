/** A process and all that it started, FFmpeg in its sandbox included, as Linux' `/proc` has them. */
import { readdir, readFile } from "node:fs/promises";

export interface CpuTime { userSec: number; kernelSec: number }
/**
 * MiB in RAM, of the process itself and of all others together. `ownData`: without the pages of files, which are the program
 * and its libraries, and which all processes of a program have together.
 */
export interface Resident { own: number; ownData: number; others: number }

/** Linux counts in hundredths of a second. */
const TICKS_PER_SEC = 100;
const LOOK_MS = 1_000;

/** Since its start, with what of it has ended. */
export async function cpuTimeOf(pid: number): Promise<CpuTime> {
  const members = await familyOf(pid);
  return { userSec: sum(members.map(({ userSec }) => userSec)), kernelSec: sum(members.map(({ kernelSec }) => kernelSec)) };
}

export async function cpuSecondsOf(pid: number): Promise<number> {
  const { userSec, kernelSec } = await cpuTimeOf(pid);
  return userSec + kernelSec;
}

/** MiB of one process in RAM: of files, which are the program and its libraries, and of data. */
export async function residentPartsOf(pid: number): Promise<{ data: number; files: number }> {
  const { mib, dataMib } = await sizeOf(pid);
  return { data: dataMib, files: mib - dataMib };
}

async function residentOf(pid: number): Promise<Resident> {
  const sizes = await Promise.all((await familyOf(pid)).map(async ({ id }) => ({ id, ...await sizeOf(id) })));
  const self = sizes.find(({ id }) => id === pid);
  return { own: self?.mib ?? 0, ownData: self?.dataMib ?? 0, others: sum(sizes.filter(({ id }) => id !== pid).map(({ mib }) => mib)) };
}

/** Looks once a second. `take` gives the most that was seen since it was asked last, and the least of the process itself: what it goes back to. */
export function watchResident(pid: number): { take(): Resident & { ownLeast: number }; stop(): void } {
  const nothing = { own: 0, ownData: 0, others: 0, ownLeast: Infinity };
  let seen = nothing;
  const timer = setInterval(() => {
    residentOf(pid).then(({ own, ownData, others }) => {
      seen = { own: Math.max(seen.own, own), ownData: Math.max(seen.ownData, ownData), others: Math.max(seen.others, others), ownLeast: Math.min(seen.ownLeast, own) };
    }, () => clearInterval(timer));
  }, LOOK_MS);
  return {
    take() {
      const taken = seen;
      seen = nothing;
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}

/** Of those that `pid` started, however far down: the one with `text` in its command line. */
export async function findStarted(pid: number, text: string): Promise<number | undefined> {
  for (const { id } of await familyOf(pid)) if (id !== pid && (await readFile(`/proc/${id}/cmdline`, "latin1").catch(() => "")).includes(text)) return id;
  return undefined;
}

async function familyOf(pid: number): Promise<(CpuTime & { id: number })[]> {
  const parents = new Map<number, number>();
  const times = new Map<number, CpuTime>();
  for (const name of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
    const fields = (await readFile(`/proc/${name}/stat`, "utf8").catch(() => "")).replace(/^.*\) /s, "").split(" "); // empty of one that is gone
    if (fields.length < 15) continue;
    const [user = 0, kernel = 0, userOfEnded = 0, kernelOfEnded = 0] = fields.slice(11, 15).map((ticks) => Number(ticks) / TICKS_PER_SEC);
    parents.set(Number(name), Number(fields[1]));
    times.set(Number(name), { userSec: user + userOfEnded, kernelSec: kernel + kernelOfEnded });
  }
  const isWithin = (id: number): boolean => id === pid || (id > 1 && isWithin(parents.get(id) ?? 0));
  return [...times].filter(([id]) => isWithin(id)).map(([id, time]) => ({ id, ...time }));
}

async function sizeOf(id: number): Promise<{ mib: number; dataMib: number }> {
  const status = await readFile(`/proc/${id}/status`, "utf8").catch(() => "");
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1024;
  return { mib: mib("VmRSS"), dataMib: mib("RssAnon") };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
