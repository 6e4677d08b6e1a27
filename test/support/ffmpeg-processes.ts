/** The FFmpeg and ffprobe that a process has running (Linux). */
import { readdirSync, readFileSync } from "node:fs";

/** Living descendants of `ancestor` that are FFmpeg or ffprobe, by pid; zombies have ended. */
export function findFfmpeg(ancestor: number = process.pid): number[] {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => readStat(Number(name)));
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const descends = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined && at > 0; at = parents.get(at)) if (at === ancestor) return true;
    return false;
  };
  return processes.filter(({ pid, name, state }) => /^ff(mpeg|probe)$/.test(name) && state !== "Z" && descends(pid)).map(({ pid }) => pid);
}

function readStat(pid: number): { pid: number; name: string; state: string; parent: number }[] {
  try {
    const match = /^\d+ \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1"));
    return match === null ? [] : [{ pid, name: match[1] ?? "", state: match[2] ?? "", parent: Number(match[3]) }];
  } catch {
    return []; // it ended while we looked
  }
}
