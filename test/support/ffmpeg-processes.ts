/** The FFmpeg and ffprobe that a process has running (Linux). */
import { readdirSync, readFileSync } from "node:fs";

/** Of a process that is ending (linux/sched.h): it has let go of its memory or is about to, and runs nothing more. */
const PF_EXITING = 0x4;

/** Living descendants of `ancestor` that are FFmpeg or ffprobe, by pid; in a sandbox they are descendants, too. */
export function findFfmpeg(ancestor: number = process.pid): number[] {
  const processes = listProcesses();
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const descends = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined && at > 0; at = parents.get(at)) if (at === ancestor) return true;
    return false;
  };
  return processes.filter((process) => isLivingFfmpeg(process) && descends(process.pid)).map(({ pid }) => pid);
}

/** Those of `pids` that live on, also when who started them is gone. */
export function findLiving(pids: readonly number[]): number[] {
  return pids.filter((pid) => readStat(pid).some(isLivingFfmpeg));
}

/** Session and niceness of a process (proc(5)): between sessions Linux shares the processor whatever the niceness. */
export function readScheduling(pid: number): { session: number; niceness: number } {
  const [, ...fields] = readFileSync(`/proc/${pid}/stat`, "latin1").split(/\) (?=\S )/).at(-1)?.split(" ") ?? [];
  return { session: Number(fields[2]), niceness: Number(fields[15]) };
}

interface ProcessStat { pid: number; name: string; ended: boolean; parent: number }

const isLivingFfmpeg = ({ name, ended }: ProcessStat): boolean => /^ff(mpeg|probe)$/.test(name) && !ended;
const listProcesses = (): ProcessStat[] => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => readStat(Number(name)));

function readStat(pid: number): ProcessStat[] {
  try {
    const match = /^\d+ \((.*)\) (\S) (\d+) \S+ \S+ \S+ \S+ (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1"));
    return match === null ? [] : [{ pid, name: match[1] ?? "", ended: match[2] === "Z" || (Number(match[4]) & PF_EXITING) !== 0, parent: Number(match[3]) }];
  } catch {
    return []; // it ended while we looked
  }
}
