/** Makes a unit of another region's store what it is in the own one. Twice does no harm. */
import { objectKeys } from "../../../config/object-keys.ts";
import { fail } from "../../../config/errors.ts";
import type { ObjectStore } from "../object-store.ts";
import { sumErased } from "../storage.contract.ts";
import { copyObject, createCopy, type Copied } from "./copy-object.ts";
import { copyUnitKey, findUnitKey } from "./unit-key-copies.ts";
import { findRule, isVideoUnit, keyElsewhere, videoOfUnit } from "./replication-rules.ts";

export interface SettleOptions {
  own: ObjectStore;
  target: ObjectStore;
  /** This region's name. */
  ownName: string;
  /** Whether segments of the video are copied there. */
  wantsMedia(videoId: string): Promise<boolean>;
  onCopied(outcome: Copied): void;
}

const COPIES_AT_ONCE = 4;
const UPLOAD_PARTS = ["source", "upload.json"];

/** @param keys objects of the unit; undefined: all of it @returns the id of a video that was found deleted */
export async function settleUnit(unit: string, keys: ReadonlySet<string> | undefined, options: SettleOptions): Promise<string | undefined> {
  if (!unit.endsWith("/")) return void (await settleObject(unit, options));
  if (isVideoUnit(unit)) return await settleVideo(unit, keys, options);
  if (!(await settleUploadKey(unit, options))) return undefined;
  for (const name of UPLOAD_PARTS) { // in this order: who finds the second finds the first
    const key = unit + name;
    if ((await options.own.head(key)) === undefined) await options.target.erase(key);
    else options.onCopied(await copyObject(options.own, options.target, key));
  }
  return undefined;
}

/** @returns whether what is here can be read there */
async function settleUploadKey(unit: string, { own, target }: SettleOptions): Promise<boolean> {
  const isEncrypted = (await findUnitKey(own, unit)) !== undefined;
  if (!isEncrypted) await target.erase(objectKeys.unitKey(unit)); // of an upload that was removed here, this goes first
  return !isEncrypted || (await copyUnitKey(own, target, unit));
}

async function settleObject(key: string, { own, target, ownName, onCopied }: SettleOptions): Promise<void> {
  const bytes = await own.get(key);
  // Only of videos that are done. A claim that was let go of here is let go of there by whoever finds that its video is none.
  if (bytes === undefined && key.startsWith(objectKeys.allOpen)) await target.remove(keyElsewhere(key, ownName));
  if (bytes !== undefined) onCopied(await createCopy(target, keyElsewhere(key, ownName), bytes));
}

async function settleVideo(unit: string, keys: ReadonlySet<string> | undefined, { own, target, wantsMedia, onCopied }: SettleOptions): Promise<string | undefined> {
  const videoId = videoOfUnit(unit);
  const tombstone = await own.get(objectKeys.tombstone(videoId));
  if (tombstone !== undefined) {
    await target.put(objectKeys.tombstone(videoId), tombstone, { ifAbsent: true });
    const key = await target.erase(objectKeys.unitKey(unit)); // first: whatever is left then nobody can read
    const { locked } = sumErased(key, await target.erase(unit));
    if (locked > 0) throw fail("erasure_incomplete", `a lock keeps ${locked} versions of it there`);
    return videoId;
  }
  if (!(await copyUnitKey(own, target, unit))) return undefined;
  const media = await wantsMedia(videoId);
  const wanted = [...(keys ?? (await findMissing(unit, own, target)))].filter((key) => media || findRule(key)?.urgency === 0);
  const ordered = wanted.toSorted((a, b) => (findRule(a)?.urgency ?? 2) - (findRule(b)?.urgency ?? 2));
  for (let at = 0; at < ordered.length; at += COPIES_AT_ONCE) {
    await Promise.all(ordered.slice(at, at + COPIES_AT_ONCE).map(async (key) => onCopied(await copyObject(own, target, key))));
  }
  return undefined;
}

async function findMissing(unit: string, own: ObjectStore, target: ObjectStore): Promise<string[]> {
  const there = new Set(await listKeys(target, unit));
  return (await listKeys(own, unit)).filter((key) => !there.has(key));
}

export async function listKeys(store: Pick<ObjectStore, "list">, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.list({ prefix, ...(after === undefined ? {} : { after }) });
    keys.push(...page.objects.map(({ key }) => key));
    if (page.next === undefined) return keys;
    after = page.next;
  }
}
