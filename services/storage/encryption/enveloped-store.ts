/**
 * A store in which webhooks' parts are envelopes. What was there before there were keys is read as it is, and put into envelopes
 * with the next part of its endpoint. Lengths that `head` and `list` tell are those of the envelopes.
 */
import { LRUCache } from "lru-cache";
import { fail } from "../../../config/errors.ts";
import { upTo } from "../../../config/lru-room.ts";
import { ownBytes } from "../../../media/own-bytes.ts";
import { checkKey } from "../object-key.ts";
import { readLength } from "../object-store.ts";
import type { StoreBelow } from "./encrypted-store.ts";
import { isEnvelope, openEnvelope, parseEnvelope, sealEnvelope, unwrapEnvelope } from "./envelope.ts";
import type { KeyRing } from "./key-ring.ts";
import { sealOlder } from "./seal-older.ts";
import { findEnvelopeFolder } from "./units.ts";

/** Every node reads all endpoints twice a minute: KMS is asked once an hour for each of their parts. */
const KEPT = 10_000;
const KEPT_MS = 3_600_000;

export function envelopeStore(store: StoreBelow, ring: KeyRing): StoreBelow {
  const keys = new LRUCache<string, Promise<Buffer>>({ ...upTo(KEPT), ttl: KEPT_MS });

  /** @throws storage_key_unavailable, storage_damaged */
  async function open(key: string, bytes: Buffer): Promise<Buffer> {
    if (!isEnvelope(bytes)) return bytes;
    const envelope = parseEnvelope(bytes);
    const name = `${key}\n${envelope.key.by}\n${envelope.key.wrapped.toString("base64")}`;
    let own = keys.get(name);
    if (own === undefined) keys.set(name, own = unwrapEnvelope(ring, key, envelope).then(ownBytes));
    try {
      return await openEnvelope(key, envelope, await own);
    } catch (error) {
      keys.delete(name);
      throw error;
    }
  }

  const inner: StoreBelow = {
    ...store,
    async put(key, bytes, options = {}) {
      const folder = findEnvelopeFolder(key);
      if (folder === undefined) return await store.put(key, bytes, options);
      checkKey(key);
      await sealOlder(store, ring, folder);
      return await store.put(key, await sealEnvelope(ring, key, bytes), options);
    },
    async copy(from, to) {
      if (findEnvelopeFolder(from) === undefined && findEnvelopeFolder(to) === undefined) return await store.copy(from, to);
      const bytes = await inner.get(from);
      if (bytes === undefined) return undefined;
      const { stored } = await inner.put(to, bytes, { ifAbsent: true });
      return { copied: stored, size: bytes.length };
    },
    async get(key) {
      const bytes = await store.get(key);
      return bytes === undefined || findEnvelopeFolder(key) === undefined ? bytes : await open(key, bytes);
    },
    async getRange(key, start, end) {
      if (findEnvelopeFolder(key) === undefined) return await store.getRange(key, start, end);
      readLength(start, end);
      return (await inner.get(key))?.subarray(start, Math.max(start, end));
    },
    async upload(key, source, options) {
      if (findEnvelopeFolder(key) === undefined) return await store.upload(key, source, options);
      source.destroy();
      throw fail("bad_request", "What is kept in an envelope is put as a whole.");
    },
  };
  return inner;
}
