/**
 * How much of what was made waits for the store. A store that is slow, or away, must not fill the node's memory: first
 * the background waits, and at the limit a file is not kept any more; who wants it later has it made again.
 */
import { unlessAborted } from "../../mixins/cancelled.ts";

const MiB = 1024 * 1024;

export interface BacklogLimits {
  /** From here on the background waits. */
  calmBytes: number;
  /** More is not taken. */
  maxBytes: number;
}

const LIMITS: BacklogLimits = { calmBytes: 16 * MiB, maxBytes: 64 * MiB };

/** @param tell how many bytes wait, after each change */
export function openBacklog(tell: (bytes: number) => void = () => undefined, { calmBytes, maxBytes }: BacklogLimits = LIMITS) {
  let waiting = 0;
  let sleepers: (() => void)[] = [];
  return {
    /** Takes up the room until `work` has ended; undefined, and nothing is done, when there is none. */
    hold(bytes: number, work: () => Promise<void>): Promise<void> | undefined {
      if (waiting + bytes > maxBytes) return undefined;
      waiting += bytes;
      tell(waiting);
      return work().finally(() => {
        waiting -= bytes;
        tell(waiting);
        if (waiting >= calmBytes) return;
        const woken = sleepers;
        sleepers = [];
        for (const wake of woken) wake();
      });
    },
    /** Resolves when the background may make more. @throws when `signal` aborts */
    async calm(signal: AbortSignal): Promise<void> {
      while (waiting >= calmBytes) await unlessAborted(signal, new Promise<void>((resolve) => { sleepers.push(resolve); }));
    },
    bytes: () => waiting,
  };
}

export type Backlog = ReturnType<typeof openBacklog>;
