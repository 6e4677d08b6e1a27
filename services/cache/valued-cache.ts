/**
 * What is kept in memory of a node: within a number of bytes, what is worth most. Worth is how often something was asked for
 * in the time since it came, times what it costs to have it again, by its size (hyperbolic caching, Blankstein et al., USENIX
 * ATC 2017). Of a handful taken by chance what is worth least goes, so that no order has to be kept; where there is no more
 * than a handful, of all.
 */
interface Entry<K, V> { key: K; value: V; bytes: number; cost: number; asked: number; since: number; place: number }

export interface ValuedCacheOptions<V> {
  maxBytes: number;
  sizeOf(value: V): number;
  /** From 0 to 1. */
  random?: () => number;
}
const LOOKED_AT = 16;

export function openValuedCache<K, V>({ maxBytes, sizeOf, random = Math.random }: ValuedCacheOptions<V>) {
  const entries = new Map<K, Entry<K, V>>();
  const places: Entry<K, V>[] = [];
  let limit = maxBytes;
  let bytes = 0;
  /** Requests so far: time goes by these, so that a night without any makes nothing old. */
  let now = 0;

  const worth = ({ asked, cost, bytes: size, since }: Entry<K, V>): number => (asked * cost) / (size * (now - since + 1));
  function remove(entry: Entry<K, V>): void {
    entries.delete(entry.key);
    bytes -= entry.bytes;
    const last = places.pop();
    if (last !== undefined && last !== entry) {
      places[entry.place] = last;
      last.place = entry.place;
    }
  }
  function leastWorth(): Entry<K, V> | undefined {
    let least: Entry<K, V> | undefined;
    const all = places.length <= LOOKED_AT;
    for (let n = 0; n < Math.min(LOOKED_AT, places.length); n++) {
      const entry = places[all ? n : Math.floor(random() * places.length)];
      if (entry !== undefined && (least === undefined || worth(entry) < worth(least))) least = entry;
    }
    return least;
  }
  function shrinkTo(most: number): void {
    while (bytes > most) {
      const least = leastWorth();
      if (least === undefined) return;
      remove(least);
    }
  }
  return {
    get(key: K): V | undefined {
      now++;
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entry.asked++;
      return entry.value;
    },
    /** `cost` of having it again, on one scale for all. */
    set(key: K, value: V, cost = 1): void {
      const before = entries.get(key);
      if (before !== undefined) remove(before);
      const size = Math.max(1, sizeOf(value));
      if (size > limit) return;
      shrinkTo(limit - size);
      const entry: Entry<K, V> = { key, value, bytes: size, cost, asked: (before?.asked ?? 0) + 1, since: before?.since ?? now, place: places.length };
      places.push(entry);
      entries.set(key, entry);
      bytes += size;
    },
    delete(key: K): boolean {
      const entry = entries.get(key);
      if (entry !== undefined) remove(entry);
      return entry !== undefined;
    },
    /** Room for no more than so much from now on. */
    resize(most: number): void {
      limit = most;
      shrinkTo(limit);
    },
    has: (key: K) => entries.has(key),
    keys: () => entries.keys(),
    get bytes() { return bytes; },
  };
}

export type ValuedCache<K, V> = ReturnType<typeof openValuedCache<K, V>>;
