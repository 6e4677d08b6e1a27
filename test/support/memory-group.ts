/**
 * A control group of Linux (version 1) that bounds what its processes take of RAM from when they belong to it. Pages of files
 * that they read or write count, too, until the kernel takes them back; those that another process has brought do not.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const GROUPS = "/sys/fs/cgroup/memory";

/** Bytes. `most`: of all since the group is there; `own`: now, without files' pages; `killed`: processes, because there was no more to take back. */
export interface MemoryUse { most: number; own: number; killed: number }
export interface MemoryGroup {
  take(pid: number): void;
  pids(): number[];
  use(): MemoryUse;
  /** When none of its processes lives. */
  remove(): void;
}

export const HAS_MEMORY_GROUPS = existsSync(GROUPS);

/** `bytes`: absent for no bound. */
export function openMemoryGroup(name: string, bytes?: number): MemoryGroup {
  const folder = join(GROUPS, name);
  const write = (file: string, value: string): void => writeFileSync(join(folder, file), value);
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  const field = (file: string, key: string): number => Number(new RegExp(`^${key} (\\d+)$`, "m").exec(read(file))?.[1] ?? 0);
  mkdirSync(folder);
  if (bytes !== undefined) {
    write("memory.limit_in_bytes", String(bytes));
    if (existsSync(join(folder, "memory.memsw.limit_in_bytes"))) write("memory.memsw.limit_in_bytes", String(bytes)); // nor may it be swapped out
  }
  return {
    take: (pid) => write("cgroup.procs", String(pid)),
    pids: () => read("cgroup.procs").split("\n").filter(Boolean).map(Number),
    use: () => ({ most: Number(read("memory.max_usage_in_bytes")), own: field("memory.stat", "rss"), killed: field("memory.oom_control", "oom_kill") }),
    remove: () => rmdirSync(folder),
  };
}
