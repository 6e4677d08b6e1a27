/** Lets so many lines of a kind through, and counts the others, so that a flood of them neither fills a disk nor hides the rest. */

export interface Flood { count: number; level: string; mod: string; msg: string }

const WINDOW_MS = 10_000;
/** Lines alike but for their numbers and ids; all lines of a service at one level. */
const [MAX_ALIKE, MAX_ALL] = [20, 1_000];
/** What is told apart at a time; more kinds than these count as one. */
const MAX_KINDS = 500;
const OTHERS = "others";

interface Kind extends Flood { seen: number }

/** @param tell called after a while with what was held back */
export function openFloodGuard(tell: (flood: Flood) => void, { windowMs = WINDOW_MS, maxAlike = MAX_ALIKE, maxAll = MAX_ALL } = {}) {
  const kinds = new Map<string, Kind>();
  const totals = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const held = [...kinds.values()].filter(({ count }) => count > 0);
    kinds.clear();
    totals.clear();
    held.forEach(({ count, level, mod, msg }) => tell({ count, level, mod, msg }));
  }

  return {
    /** Whether the line is to be written. */
    admit(level: string, mod: string, msg: string): boolean {
      timer ??= setTimeout(flush, windowMs).unref();
      const group = `${level} ${mod}`;
      const total = (totals.get(group) ?? 0) + 1;
      totals.set(group, total);
      const wanted = `${group} ${formOf(msg)}`;
      const name = kinds.has(wanted) || kinds.size < MAX_KINDS ? wanted : `${group} ${OTHERS}`;
      const kind = kinds.get(name) ?? { count: 0, level, mod, msg, seen: 0 };
      kinds.set(name, kind);
      kind.seen++;
      if (kind.seen <= maxAlike && total <= maxAll) return true;
      kind.count++;
      return false;
    },
    /** Tells what is held back now. */
    flush,
  };
}

/** A line without what tells it from others of its kind. */
function formOf(msg: string): string {
  return msg.slice(0, 300).replace(/[0-9a-z]*\d[0-9a-z]*/gi, "#");
}
