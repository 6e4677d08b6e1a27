/** What a segment for a viewer is spent on, to its first bytes. */
import type { Rendition } from "../../media/plan.ts";
import type { Spent } from "../../mixins/play-spent.ts";
import type { ReadPackets } from "./repackage.ts";

/** Starts now. */
export function openStageClock(mode: Rendition["mode"], now: () => number = () => performance.now()) {
  const startedAt = now();
  let begunAt: number | undefined;
  let fetchMs = 0;
  /** Reads under way, and since when there are any. */
  let [reading, since] = [0, 0];
  return {
    /** Its turn has come: what was before was the wait for a slot. */
    begin(): void {
      begunAt = now();
    },
    /** The same reads, their time counted as the source's: once, where they are beside each other. */
    fetching: (read: ReadPackets): ReadPackets => async (span) => {
      if (reading++ === 0) since = now();
      try {
        return await read(span);
      } finally {
        if (--reading === 0) fetchMs += now() - since;
      }
    },
    /** Asked when the first bytes are there. */
    spent(): Spent {
      const waited = begunAt === undefined ? {} : { wait: begunAt - startedAt };
      return { ...waited, fetch: fetchMs, [mode]: Math.max(0, now() - (begunAt ?? startedAt) - fetchMs) };
    },
    /** The same for who joined what was being made. */
    joined: (): Spent => ({ join: now() - startedAt }),
  };
}
