/** A bound on the RAM of a node's process alone, kept by the kernel from its first milliseconds: what it starts is moved out of it. */
import { HAS_MEMORY_GROUPS, openMemoryGroup, type MemoryGroup, type MemoryUse } from "../../test/support/memory-group.ts";
import { findStarted } from "../process-family.ts";

const NODE_PROGRAM = "bin/broker.ts";
/** A process belongs to the group of who started it until it is moved. */
const MOVE_MS = 5;
const LOOK_MS = 1_000;

export interface HardLimit {
  /** `own`: the most that was seen. @throws Error when nothing was killed and the node is not in the group, so that nothing is shown */
  use(): MemoryUse;
  /** When the node has ended. */
  remove(): void;
}

/** For the node that this process is about to start. @throws Error where there are no such limits */
export function limitNode(bytes: number): HardLimit {
  if (!HAS_MEMORY_GROUPS) throw new Error("A limit needs Linux' control groups of version 1, and root's rights.");
  const limited = openMemoryGroup(`lectern-bench-${process.pid}`, bytes);
  const started = openMemoryGroup(`lectern-bench-${process.pid}-started`);
  const end = new AbortController();
  let node: number | undefined;
  let own = 0;
  void (async () => {
    while (!end.signal.aborted && node === undefined) node = await findStarted(process.pid, NODE_PROGRAM);
    if (node !== undefined) limited.take(node);
  })();
  const moving = setInterval(() => limited.pids().filter((pid) => pid !== node).forEach((pid) => takeLiving(started, pid)), MOVE_MS);
  const looking = setInterval(() => void (own = Math.max(own, limited.use().own)), LOOK_MS);
  return {
    use() {
      const use = { ...limited.use(), own };
      if (use.killed === 0 && (node === undefined || !limited.pids().includes(node))) throw new Error("The node is not under the limit: it was not found, or another process runs it now.");
      return use;
    },
    remove() {
      end.abort();
      clearInterval(moving);
      clearInterval(looking);
      for (const group of [limited, started]) group.remove();
    },
  };
}

function takeLiving(group: MemoryGroup, pid: number): void {
  try {
    group.take(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended
  }
}
