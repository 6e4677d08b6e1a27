/**
 * A store in which all that belongs to a video or an upload is encrypted, each under a key of its own. A unit that has a
 * key in the store is encrypted, and nothing plain is taken for a part of it; one without is from before there were keys,
 * and stays as it is. Whatever else there is passes through.
 */
import { Readable } from "node:stream";
import { fail } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import { findUnit } from "../regions/replication-rules.ts";
import { meterUpload } from "../metered-upload.ts";
import { checkKey } from "../object-key.ts";
import type { ObjectStore } from "../object-store.ts";
import { sumErased, type PutResult, type RecordPlace } from "../storage.contract.ts";
import type { KeyRing } from "./key-ring.ts";
import { openBytes, sealBytes, sealStream } from "./seal-bytes.ts";
import { CHUNK_BYTES, isSealed, plainSize, sealedSize, type UnitKey } from "./sealed-format.ts";
import { sealedRanges } from "./sealed-ranges.ts";
import { findSealed } from "./sealed-units.ts";
import { openUnitKeys } from "./unit-keys.ts";
import { beginningsOf, findUnitOf, idOf, isVideo } from "./units.ts";

/** The store below: with regions it takes where a video belongs. */
export interface StoreBelow extends ObjectStore {
  put(key: string, bytes: Uint8Array, options?: { ifAbsent?: boolean; keepUntil?: number; place?: RecordPlace }): Promise<PutResult>;
}

export interface EncryptedStore extends StoreBelow {
  /** Makes the key of a new video, so that its record need not wait for that. Nothing else has to call it. */
  prepare(videoId: string): Promise<void>;
  /** Takes the key away again of a video that was not made after all. */
  discard(videoId: string): Promise<void>;
  /** The plain form of an object's bytes. @throws storage_key_unavailable, storage_damaged */
  reveal(key: string, bytes: Buffer): Promise<Buffer | undefined>;
  /** What is known of a video's key is known no more. */
  forget(videoId: string): void;
}

/** Longer objects are copied between units as a stream. */
const COPIED_WHOLE_BYTES = 64 * 1024 * 1024;

export function encryptStore(store: StoreBelow, ring: KeyRing): EncryptedStore {
  const keys = openUnitKeys(store, ring);
  const ranges = sealedRanges(store);

  /** What a part of the unit is written with; undefined: it is written plain. @throws video_deleted, upload_not_found for a part of nothing */
  async function keyToWrite(unit: string, key: string): Promise<UnitKey | undefined> {
    const known = keys.peek(unit);
    if (known !== undefined) return known === "plain" ? undefined : known;
    const found = await (keys.beginning(unit) ?? keys.find(unit));
    if (found !== undefined) return found;
    if (await keys.isPlain(unit)) return undefined;
    if (!beginningsOf(unit).includes(key)) throw isVideo(unit) ? fail("video_deleted", "There is no such video any more.") : fail("upload_not_found", "There is no such upload.");
    return await keys.begin(unit).durable;
  }

  async function keyToRead(unit: string): Promise<UnitKey | undefined> {
    const known = keys.peek(unit);
    return known === "plain" ? undefined : known ?? (await keys.find(unit));
  }

  /** An object that is encrypted, in a unit without a key: of a deletion that is not over, there is nothing any more. */
  async function withoutKey(unit: string): Promise<undefined> {
    if (!isVideo(unit) || (await store.head(objectKeys.tombstone(idOf(unit)))) !== undefined) return undefined;
    throw fail("storage_key_unavailable", "The key of the video is not in the object store.");
  }

  async function open(unit: string, unitKey: UnitKey | undefined, key: string, bytes: Buffer): Promise<Buffer | undefined> {
    if (unitKey !== undefined) return await openBytes(unitKey, key, bytes);
    if (isSealed(bytes) && !(await keys.isPlain(unit))) return await withoutKey(unit);
    await keys.isPlain(unit); // remembers it
    return bytes;
  }

  const inner: EncryptedStore = {
    ...store,
    async put(key, bytes, options = {}) {
      const unit = findUnitOf(key);
      if (unit === undefined) return await store.put(key, bytes, options);
      checkKey(key);
      if (key === objectKeys.uploadBegun(idOf(unit)) && keys.peek(unit) === undefined) return await putWithKey(unit, key, bytes, options);
      const unitKey = await keyToWrite(unit, key);
      return await store.put(key, unitKey === undefined ? bytes : await sealBytes(unitKey, key, bytes), options);
    },
    async copy(from, to) {
      const [source, target] = [findUnitOf(from), findUnitOf(to)];
      checkKey(to);
      const isSealedSource = source !== undefined && (await keyToRead(source)) !== undefined;
      const targetKey = target === undefined ? undefined : await keyToWrite(target, to);
      if (!isSealedSource && targetKey === undefined) return await store.copy(from, to);
      const [found, there] = await Promise.all([inner.head(from), inner.head(to)]);
      if (found === undefined || there !== undefined) return found && { copied: false, size: there?.size ?? found.size };
      if (found.size > COPIED_WHOLE_BYTES) {
        await inner.upload(to, Readable.from(readPieces(from, found.size), { objectMode: false }), { maxBytes: found.size });
        return { copied: true, size: found.size };
      }
      const bytes = await inner.get(from);
      if (bytes === undefined) return undefined;
      const { stored } = await inner.put(to, bytes, { ifAbsent: true });
      return { copied: stored, size: stored ? bytes.length : ((await inner.head(to))?.size ?? bytes.length) };
    },
    async get(key) {
      const unit = findUnitOf(key);
      if (unit === undefined) return await store.get(key);
      const [bytes, unitKey] = await Promise.all([store.get(key), keyToRead(unit)]); // at once: of a unit that is new here neither waits for the other
      return bytes === undefined ? undefined : await open(unit, unitKey, key, bytes);
    },
    async getRange(key, start, end) {
      const unit = findUnitOf(key);
      const unitKey = unit === undefined ? undefined : await keyToRead(unit);
      if (unit === undefined || keys.peek(unit) === "plain") return await store.getRange(key, start, end);
      if (unitKey !== undefined) return await ranges.getRange(unitKey, key, start, end);
      const [bytes, isPlain] = await Promise.all([store.getRange(key, start, end), keys.isPlain(unit)]);
      return bytes === undefined || isPlain ? bytes : await withoutKey(unit);
    },
    async head(key) {
      const unit = findUnitOf(key);
      if (unit === undefined) return await store.head(key);
      const [found, unitKey] = await Promise.all([store.head(key), keyToRead(unit)]);
      if (found !== undefined && unitKey === undefined) await keys.isPlain(unit); // remembers it
      return found === undefined || unitKey === undefined ? found : { ...found, size: plainSize(found.size) };
    },
    async list(params) {
      const page = await store.list(params);
      const units = new Set(page.objects.flatMap(({ key }) => findUnitOf(key) ?? []));
      if (units.size === 0) return page;
      const sealed = await findSealed(store, units, keys.peek);
      return { ...page, objects: page.objects.map(({ key, size }) => ({ key, size: sealed.has(findUnitOf(key) ?? "") ? plainSize(size) : size })) };
    },
    async upload(key, source, { maxBytes }) {
      const unit = findUnitOf(key);
      if (unit === undefined) return await store.upload(key, source, { maxBytes });
      try {
        checkKey(key);
        const unitKey = await keyToWrite(unit, key);
        if (unitKey === undefined) return await store.upload(key, source, { maxBytes });
        const metered = meterUpload(source, maxBytes);
        await store.upload(key, Readable.from(sealStream(unitKey, key, metered.chunks), { objectMode: false }), { maxBytes: sealedSize(maxBytes), unhashed: true });
        return metered.result();
      } catch (error) {
        source.destroy();
        throw error;
      } finally {
        ranges.forget(key);
      }
    },
    async remove(key) {
      ranges.forget(key);
      await store.remove(key);
    },
    /** The key goes first: whoever dies then leaves nothing that anybody can read. */
    async erase(what) {
      ranges.forget(what);
      const unit = findUnit(what);
      if (unit === undefined) return await store.erase(what);
      const { older, locked } = await keys.destroy(unit);
      return sumErased({ objects: 0, older, locked }, await store.erase(what));
    },
    prepare: async (videoId) => void (await keys.begin(objectKeys.video(videoId)).durable),
    discard: (videoId) => keys.drop(objectKeys.video(videoId)),
    async reveal(key, bytes) {
      const unit = findUnitOf(key);
      return unit === undefined ? bytes : await open(unit, await keyToRead(unit), key, bytes);
    },
    forget: (videoId) => keys.forget(objectKeys.video(videoId)),
    async close() {
      ring.close();
      await store.close();
    },
  };
  return inner;

  /** Of an upload that only begins, of which there can be nothing yet: key and object are written at the same time. */
  async function putWithKey(unit: string, key: string, bytes: Uint8Array, options: { ifAbsent?: boolean }): Promise<PutResult> {
    const { key: made, durable } = keys.begin(unit);
    const [result, kept] = await Promise.all([sealBytes(made, key, bytes).then((sealed) => store.put(key, sealed, options)), durable]);
    return kept.id === made.id ? result : await store.put(key, await sealBytes(kept, key, bytes));
  }

  async function* readPieces(key: string, size: number): AsyncGenerator<Buffer> {
    const piece = 16 * CHUNK_BYTES;
    for (let at = 0; at < size; at += piece) yield (await inner.getRange(key, at, Math.min(at + piece, size))) ?? Buffer.alloc(0);
  }
}
