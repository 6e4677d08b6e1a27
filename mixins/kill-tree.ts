/**
 * Kills a process and all below it at once. A sandbox that is killed while it starts may leave what it has just started:
 * its child has not yet asked to die with it. So it is held first, its children are looked up, and all are killed.
 */
import { readFileSync } from "node:fs";

/** Fine when it has gone already. */
export function killTree(pid: number): void {
  signal(pid, "SIGSTOP");
  for (const child of childrenOf(pid)) killTree(child);
  signal(pid, "SIGKILL");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** None where the system does not say: there, who is killed is killed alone. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter((text) => text.trim() !== "").map(Number);
  } catch (error) {
    if (error instanceof Error && "code" in error) return []; // it has gone, or this is not Linux
    throw error;
  }
}
