/**
 * Counts what each caller asks for in a minute, in all of the region together: a node counts by itself at once and tells Redis
 * four times a second, which answers what all nodes have counted. So nobody waits for Redis, what goes beyond a limit is what
 * the nodes let through in a quarter of a second, and while Redis is away each node counts for itself.
 */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { upTo } from "../../../config/lru-room.ts";
import type { Rate, Rates } from "../../../config/rates.ts";

export interface RateLimits {
  /** Counts one more of them. @returns ms until they may go on; 0: they may */
  spend(rate: Rate, who: string): number;
  /** The same without counting. */
  waitMs(rate: Rate, who: string): number;
  /** Tells Redis what it has not heard, and stops. */
  close(): Promise<void>;
}

export interface RegionCounts {
  /** Adds to counts of a minute. @returns the new totals, in the same order; what it throws is only reported */
  add(counts: readonly { key: string; times: number }[], window: number): Promise<readonly number[]>;
}

interface Count { window: number; /** The region's as last heard, and ours since. */ total: number; /** Of ours: what the region has not heard. */ unheard: number }

export const WINDOW_MS = 60_000;
const TELL_MS = 250;
/** Who is not among so many counts as new. */
const MAX_CALLERS = 20_000;

/**
 * @param nameOf what Redis knows a caller by, the same on all nodes: an address is nobody's business there
 * @param now ms since 1970: all nodes' minutes are the same as far as their clocks are
 */
export function openRateLimits(rates: Rates, region: RegionCounts | undefined, onError: (error: unknown) => void, nameOf: (who: string) => string = digest, now: () => number = Date.now): RateLimits {
  const counts = new LRUCache<string, Count>(upTo(MAX_CALLERS));
  const unheard = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let telling: Promise<void> = Promise.resolve();

  function countOf(key: string): Count {
    const window = Math.floor(now() / WINDOW_MS);
    const known = counts.get(key);
    if (known?.window === window) return known;
    const fresh = { window, total: 0, unheard: 0 };
    counts.set(key, fresh);
    return fresh;
  }

  async function tell(): Promise<void> {
    timer = undefined;
    const told = [...unheard].flatMap((key) => {
      const count = counts.peek(key);
      return count === undefined || count.unheard === 0 ? [] : [{ key, count, times: count.unheard }];
    });
    unheard.clear();
    if (region === undefined || told.length === 0) return;
    for (const { count } of told) count.unheard = 0;
    try {
      for (const [window, same] of Map.groupBy(told, ({ count }) => count.window)) {
        const totals = await region.add(same, window);
        same.forEach(({ count }, at) => { count.total = Math.max(count.total, (totals[at] ?? 0) + count.unheard); });
      }
    } catch (error) {
      onError(error); // what it has not heard, only we count
    }
  }

  const waitOf = (rate: Rate, { total }: Count): number => (rates[rate] > 0 && total >= rates[rate] ? WINDOW_MS - (now() % WINDOW_MS) : 0);
  const keyOf = (rate: Rate, who: string): string => `${rate}:${nameOf(who)}`;

  return {
    spend(rate, who) {
      if (rates[rate] === 0) return 0;
      const key = keyOf(rate, who);
      const count = countOf(key);
      const wait = waitOf(rate, count);
      if (wait > 0) return wait;
      count.total++;
      count.unheard++;
      unheard.add(key);
      timer ??= setTimeout(() => { telling = tell(); }, TELL_MS).unref();
      return 0;
    },
    waitMs(rate, who) {
      return rates[rate] === 0 ? 0 : waitOf(rate, countOf(keyOf(rate, who)));
    },
    async close() {
      clearTimeout(timer);
      await telling;
      await tell();
    },
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
