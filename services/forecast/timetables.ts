/** Timetables in the object store, one of each tenant, replaced as a whole; read again every so often. */
import { objectKeys } from "../../config/object-keys.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import type { TimetableEntry } from "./forecast.contract.ts";
import { parseTimetable } from "./timetable.ts";

/** Tenants whose timetables are looked at. */
const MAX_TENANTS = 1_000;

export interface Timetables {
  get(tenant: string): Promise<TimetableEntry[]>;
  put(tenant: string, entries: readonly TimetableEntry[]): Promise<void>;
  /** Of all tenants, as they were `maxAgeMs` ago at most. */
  all(maxAgeMs: number): Promise<ReadonlyMap<string, readonly TimetableEntry[]>>;
}

export function openTimetables(storage: Pick<StorageCalls, "get" | "put" | "list">, now: () => number): Timetables {
  let known: ReadonlyMap<string, readonly TimetableEntry[]> = new Map();
  let readAt = -Infinity;
  const read = async (key: string): Promise<TimetableEntry[]> => {
    const bytes = await storage.get(key);
    return bytes === null ? [] : parseTimetable(JSON.parse(bytes.toString()));
  };
  return {
    get: (tenant) => read(objectKeys.timetable(tenant)),
    async put(tenant, entries) {
      await storage.put(objectKeys.timetable(tenant), Buffer.from(JSON.stringify(entries)), false);
      readAt = -Infinity;
    },
    async all(maxAgeMs) {
      if (now() - readAt <= maxAgeMs) return known;
      const found = new Map<string, readonly TimetableEntry[]>();
      for (let after: string | undefined; found.size < MAX_TENANTS;) {
        const page = await storage.list(objectKeys.allTimetables, after, false);
        for (const { key } of page.objects) found.set(decodeURIComponent(key.slice(objectKeys.allTimetables.length).replace(/\.json$/, "")), await read(key));
        after = page.next;
        if (after === undefined) break;
      }
      [known, readAt] = [found, now()];
      return known;
    },
  };
}
