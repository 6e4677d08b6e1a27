/**
 * Wraps the keys of all units by the ring's first key, so that an older one can be let go of. Only these small objects are
 * written. Twice does no harm; one that was cut short is simply begun again.
 */
import { errorMessage, findErrorCode } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import { ABANDONED_MS, type ObjectStore } from "../object-store.ts";
import type { KeyRing } from "./key-ring.ts";
import { isVideo, idOf } from "./units.ts";
import { formatWrappedKey, parseWrappedKey } from "./wrapped-key.ts";

export interface RewrapReport {
  /** Units, by the id of the key that wraps theirs now. */
  wrappedBy: Record<string, number>;
  rewrapped: number;
  /** Keys of units that are not there: deleted, or never finished beginning. */
  orphans: number;
  /** Units whose key could not be had, with the reason. */
  failed: string[];
  /** Older versions of keys, wrapped by whatever wrapped them then: removed, or with `check` and after a failure counted. */
  older: number;
  /** Such as a lock keeps. */
  locked: number;
}

export interface RewrapOptions {
  /** As it is kept, not decrypted. */
  store: ObjectStore;
  ring: KeyRing;
  /** Writes nothing. */
  check: boolean;
  onProgress?(done: number): void;
  now?: () => number;
}

const AT_ONCE = 8;
const MAX_NAMED = 100;

export async function rewrapKeys({ store, ring, check, onProgress, now = Date.now }: RewrapOptions): Promise<RewrapReport> {
  const report: RewrapReport = { wrappedBy: {}, rewrapped: 0, orphans: 0, failed: [], older: 0, locked: 0 };
  let done = 0;
  for (let after: string | undefined; ;) {
    const page = await store.list({ prefix: objectKeys.allUnitKeys, ...(after === undefined ? {} : { after }) });
    for (let at = 0; at < page.objects.length; at += AT_ONCE) {
      await Promise.all(page.objects.slice(at, at + AT_ONCE).map(({ key }) => settle(key)));
    }
    done += page.objects.length;
    onProgress?.(done);
    if (page.next === undefined) break;
    after = page.next;
  }
  // Of a key that cannot be had, an older version may be the one that can.
  const { older, locked } = await store.prune(objectKeys.allUnitKeys, { check: check || report.failed.length > 0 });
  return { ...report, older, locked };

  async function settle(key: string): Promise<void> {
    const unit = key.slice(objectKeys.allUnitKeys.length).replace(/[^/]*$/, "");
    try {
      if (await isOrphan(key, unit)) {
        report.orphans++;
        if (!check) await store.erase(key);
        return;
      }
      const by = await rewrap(key, unit);
      if (by !== undefined) report.wrappedBy[by] = (report.wrappedBy[by] ?? 0) + 1;
    } catch (error) {
      if (findErrorCode(error) === "storage_unavailable" || findErrorCode(error) === "storage_full") throw error;
      if (report.failed.length < MAX_NAMED) report.failed.push(`${unit} (${errorMessage(error)})`);
    }
  }

  /** @returns id of the key that wraps it now; undefined: it is gone */
  async function rewrap(key: string, unit: string): Promise<string | undefined> {
    const bytes = await store.get(key);
    if (bytes === undefined) return undefined;
    const { id, by, wrapped } = parseWrappedKey(bytes);
    if (by === ring.firstId) return by;
    if (check) return by;
    const context = { unit, keyId: id };
    const renewed = await ring.wrap(await ring.unwrap(wrapped, by, context), context);
    await store.put(key, formatWrappedKey({ id, ...renewed }));
    report.rewrapped++;
    // A deletion takes the key away first; what was written after that must not bring it back.
    if (await isGone(unit)) await store.erase(key);
    return renewed.by;
  }

  async function isOrphan(key: string, unit: string): Promise<boolean> {
    if (!(await isGone(unit))) return false;
    const found = await store.head(key);
    return found !== undefined && now() - found.modifiedAt > ABANDONED_MS; // a younger one may be that of what is just beginning
  }

  async function isGone(unit: string): Promise<boolean> {
    if (isVideo(unit) && (await store.head(objectKeys.tombstone(idOf(unit)))) !== undefined) return true;
    return (await store.list({ prefix: unit, limit: 1 })).objects.length === 0;
  }
}
