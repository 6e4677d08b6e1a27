/** Copies what a store lacks of another's, and reads it back. */
import { objectKeys } from "../../config/object-keys.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import { findUnitOf } from "../../services/storage/encryption/units.ts";
import { isSameKey } from "../../services/storage/encryption/wrapped-key.ts";
import { copyObject, findVideoOf } from "../../services/storage/regions/copy-object.ts";
import { findRule } from "../../services/storage/regions/replication-rules.ts";

export interface CopyReport { copied: number; bytes: number; /** Keys of objects that differ, or that did not come back as they were. */ damaged: string[] }

/** Of the region itself, as a backup has it: no other region is sent it. */
const AUDIT = "audit/";
/** Deletions and ends of keys and links first: what was deleted is not brought back, what was ended not good again. Keys before what they open, uploads before the videos that are made of them. */
const PREFIXES = ["deleted/", objectKeys.allUnitKeys, "access/", "uploads/", "adopted/", objectKeys.allVideos, "claims/", "blocked/", objectKeys.allReviewMarks, AUDIT];
const AT_ONCE = 8;
/** Longer objects are compared by their size alone. */
const COMPARED_BYTES = 16 * 1024 * 1024;

/** @param check nothing is written; what would be copied counts */
export async function copyRegion(from: ObjectStore, own: ObjectStore, check: boolean): Promise<CopyReport> {
  const report: CopyReport = { copied: 0, bytes: 0, damaged: [] };
  /** Units that began in both stores by themselves: what is encrypted in one cannot be read in the other. */
  const apart = new Set<string>();
  for (const prefix of PREFIXES) {
    for (let after: string | undefined; ;) {
      const page = await from.list({ prefix, ...(after === undefined ? {} : { after }) });
      const wanted = page.objects.filter(({ key }) => prefix === objectKeys.allUnitKeys || findRule(key) !== undefined || key.startsWith(AUDIT));
      for (let at = 0; at < wanted.length; at += AT_ONCE) await Promise.all(wanted.slice(at, at + AT_ONCE).map(({ key, size }) => bring(key, size)));
      if (page.next === undefined) break;
      after = page.next;
    }
  }
  return report;

  async function bring(key: string, size: number): Promise<void> {
    if (apart.has(findUnitOf(key) ?? "")) return;
    const there = await own.head(key);
    if (there !== undefined && key.startsWith(objectKeys.allUnitKeys)) return await compareKeys(key);
    // Of two regions each may have created its own object; segments are the same wherever they were made.
    if (there !== undefined) return void (findRule(key)?.urgency === 2 && there.size === 0 && size > 0 ? report.damaged.push(key) : undefined);
    if (await isDeleted(key)) return;
    if (!check && (await copyObject(from, own, key)) !== "copied") return;
    report.copied++;
    report.bytes += size;
    if (!check && !(await isSame(key, size))) report.damaged.push(key);
  }

  async function compareKeys(key: string): Promise<void> {
    const [theirs, ours] = await Promise.all([from.get(key), own.get(key)]);
    if (theirs === undefined || ours === undefined || isSameKey(theirs, ours)) return;
    apart.add(key.slice(objectKeys.allUnitKeys.length).replace(/[^/]*$/, ""));
    report.damaged.push(`${key} (another in each store)`);
  }

  async function isDeleted(key: string): Promise<boolean> {
    const videoId = findVideoOf(key);
    if (videoId === undefined) return false;
    const tombstone = objectKeys.tombstone(videoId);
    return (await own.head(tombstone)) !== undefined || (await from.head(tombstone)) !== undefined;
  }

  async function isSame(key: string, size: number): Promise<boolean> {
    if (size > COMPARED_BYTES) return (await own.head(key))?.size === size;
    const [theirs, ours] = await Promise.all([from.get(key), own.get(key)]);
    return theirs === undefined || ours?.equals(theirs) === true; // deleted there meanwhile
  }
}
