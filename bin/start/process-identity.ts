/** Tells a living process from one that had its id before. */
import { readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since boot; undefined where /proc doesn't say (macOS). */
  readonly startedAt?: number;
}

export function identifyProcess(pid: number): ProcessIdentity {
  const startedAt = findStartTime(pid);
  return startedAt === undefined ? { pid } : { pid, startedAt };
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    // EPERM: another user's, alive
  }
  return startedAt === undefined || findStartTime(pid) === startedAt;
}

export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  const { pid, startedAt } = (value ?? {}) as { pid?: unknown; startedAt?: unknown };
  if (typeof pid !== "number") return undefined;
  return typeof startedAt === "number" ? { pid, startedAt } : { pid };
}

/** Field 22 of proc(5)'s stat; field 2, the name in parentheses, may hold anything. A zombie (field 3) doesn't count. */
function findStartTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const startedAt = fields[22 - 4];
    return state === "Z" || startedAt === undefined ? undefined : Number(startedAt);
  } catch {
    return undefined; // no such process, or no /proc
  }
}
