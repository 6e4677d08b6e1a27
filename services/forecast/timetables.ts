/** Timetables in the object store, one of each tenant, replaced as a whole; read again every so often. */
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import type { KeptEntry, TimetableEntry } from "./forecast.contract.ts";
import { parseKept } from "./timetable.ts";

/** Tenants whose timetables are looked at. */
const MAX_TENANTS = 1_000;

export interface Timetables {
  get(tenant: string): Promise<KeptEntry[]>;
  put(tenant: string, entries: readonly TimetableEntry[]): Promise<void>;
  /** Of all tenants, as they were `maxAgeMs` ago at most; of one that cannot be read now, as it was. */
  all(maxAgeMs: number): Promise<ReadonlyMap<string, readonly KeptEntry[]>>;
}

export function openTimetables(storage: Pick<StorageCalls, "get" | "put" | "list">, now: () => number, logger: Pick<Logger, "warn">): Timetables {
  let known: ReadonlyMap<string, readonly KeptEntry[]> = new Map();
  let readAt = -Infinity;
  const read = async (key: string): Promise<KeptEntry[]> => {
    const bytes = await storage.get(key);
    return bytes === null ? [] : parseKept(JSON.parse(bytes.toString()));
  };
  return {
    get: (tenant) => read(objectKeys.timetable(tenant)),
    async put(tenant, entries) {
      const key = objectKeys.timetable(tenant);
      const before = await read(key).catch((): KeptEntry[] => []); // what cannot be read is replaced all the more
      const kept = entries.map((entry): KeptEntry => before.find(({ since: _since, ...one }) => isDeepStrictEqual(one, entry)) ?? { ...entry, since: now() });
      await storage.put(key, Buffer.from(JSON.stringify(kept)), false);
      readAt = -Infinity;
    },
    async all(maxAgeMs) {
      if (now() - readAt <= maxAgeMs) return known;
      const found = new Map<string, readonly KeptEntry[]>();
      for (let after: string | undefined; found.size < MAX_TENANTS;) {
        const page = await storage.list(objectKeys.allTimetables, after, false);
        for (const { key } of page.objects) {
          const tenant = key.slice(objectKeys.allTimetables.length).replace(/\.json$/, "");
          found.set(tenant, await read(key).catch((error: unknown) => {
            logger.warn(`The timetable ${key} cannot be read, so it is as it was: ${errorMessage(error)}`);
            return known.get(tenant) ?? [];
          }));
        }
        after = page.next;
        if (after === undefined) break;
      }
      [known, readAt] = [found, now()];
      return known;
    },
  };
}
