/**
 * Counts what a region's store holds, a few pages of its listing at a time: a store of ten million objects takes a day and a half, and
 * costs 10,000 listings. Where it had come to lies in Redis; lost, it begins again.
 */
import type { StorageCalls } from "../../../mixins/storage-calls.ts";
import type { RunningCount, StoredCount } from "./stored-counts.ts";

/** Of a thousand objects each. */
const PAGES_AT_ONCE = 5;
const BETWEEN_MS = 20 * 3_600_000;

/** @param last when the last count came to its end, ms since 1970; undefined: there was none */
export function isCountDue(last: number | undefined, now: number): boolean {
  return last === undefined || now - last >= BETWEEN_MS || now < last;
}

/** @returns where the count is now, or what it has come to */
export async function countOn(storage: Pick<StorageCalls, "list">, running: RunningCount | undefined, now: () => number): Promise<{ running: RunningCount } | { done: StoredCount }> {
  let { after, bytes, objects }: { after: string | undefined; bytes: number; objects: number } = running ?? { after: undefined, bytes: 0, objects: 0 };
  for (let n = 0; n < PAGES_AT_ONCE || after === undefined; n++) {
    const page = await storage.list("", after, false);
    bytes += page.objects.reduce((sum, { size }) => sum + size, 0);
    objects += page.objects.length;
    if (page.next === undefined) return { done: { at: now(), bytes, objects } };
    after = page.next;
  }
  return { running: { after, bytes, objects } };
}
