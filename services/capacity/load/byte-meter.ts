/** Bytes a second that a region's nodes move, of what each counts since its start. */
import type { ByteCounts } from "../../../config/placement/byte-counts.ts";

/** `counts` undefined: the node has not told lately, or counts none. */
export interface CountingNode { id: string; counts: ByteCounts | undefined }

const NAMES = ["sent", "stored", "fetched"] as const;

export function openByteMeter() {
  let before = new Map<string, ByteCounts>();
  let lastAt: number | undefined;
  return {
    /**
     * @param at ms that only grow @param nodes all of the region
     * @returns bytes a second since the look before; undefined: there was none, or nobody counts. What a node counted before it
     * was first seen is not in it; one that fell back began anew.
     */
    look(at: number, nodes: readonly CountingNode[]): ByteCounts | undefined {
      const known = new Map<string, ByteCounts>();
      const moved: ByteCounts = { sent: 0, stored: 0, fetched: 0 };
      let counting = 0;
      for (const { id, counts } of nodes) {
        const last = before.get(id);
        const noted = counts ?? last;
        if (noted !== undefined) known.set(id, noted);
        if (counts === undefined || last === undefined) continue;
        counting++;
        for (const name of NAMES) moved[name] += counts[name] >= last[name] ? counts[name] - last[name] : counts[name];
      }
      const seconds = lastAt === undefined ? 0 : (at - lastAt) / 1000;
      before = known;
      lastAt = at;
      if (counting === 0 || seconds <= 0) return undefined;
      return { sent: moved.sent / seconds, stored: moved.stored / seconds, fetched: moved.fetched / seconds };
    },
  };
}

export type ByteMeter = ReturnType<typeof openByteMeter>;
