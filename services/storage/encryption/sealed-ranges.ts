/** Parts of encrypted objects: only the chunks that they lie in are read. */
import { LRUCache } from "lru-cache";
import { findErrorCode } from "../../../config/errors.ts";
import { upTo } from "../../../config/lru-room.ts";
import { ownBytes } from "../../../media/own-bytes.ts";
import { readLength, type ObjectStore } from "../object-store.ts";
import { CHUNK_BYTES, chunkAt, chunkCount, cipherOf, damaged, HEADER_BYTES, plainSize, SEALED_CHUNK_BYTES, type ObjectCipher, type UnitKey } from "./sealed-format.ts";
import { openChunks } from "./seal-bytes.ts";

/** Objects that are read in parts are sources: a few, of many parts. */
const KEPT_CIPHERS = 500;

export function sealedRanges(store: Pick<ObjectStore, "getRange" | "head">) {
  /** Of objects whose header was read, so that a further part is one request. */
  const ciphers = new LRUCache<string, ObjectCipher>(upTo(KEPT_CIPHERS));

  /** The chunks from `first` to before `until`, as far as there are any, and what decrypts them. */
  async function readChunks(unitKey: UnitKey, key: string, first: number, until: number): Promise<{ cipher: ObjectCipher; sealed: Buffer } | undefined> {
    if (first === 0) {
      const bytes = await store.getRange(key, 0, chunkAt(until));
      if (bytes === undefined) return undefined;
      const cipher = cipherOf(unitKey, key, ownBytes(bytes.subarray(0, HEADER_BYTES)));
      ciphers.set(key, cipher);
      return { cipher, sealed: bytes.subarray(HEADER_BYTES) };
    }
    const kept = ciphers.get(key);
    const [header, sealed] = await Promise.all([kept?.header ?? store.getRange(key, 0, HEADER_BYTES), store.getRange(key, chunkAt(first), chunkAt(until))]);
    if (header === undefined || sealed === undefined) return undefined;
    const cipher = kept ?? cipherOf(unitKey, key, ownBytes(header));
    ciphers.set(key, cipher);
    return { cipher, sealed };
  }

  async function read(unitKey: UnitKey, key: string, start: number, end: number): Promise<Buffer | undefined> {
    const [first, until] = [Math.floor(start / CHUNK_BYTES), Math.ceil(end / CHUNK_BYTES)];
    const found = await readChunks(unitKey, key, first, until);
    if (found === undefined) return undefined;
    const { cipher, sealed } = found;
    if (sealed.length === 0) return await nothingAt(unitKey, key, start);
    // Where less came than was asked for, the object ends, and its end must be its own.
    const ends = sealed.length < (until - first) * SEALED_CHUNK_BYTES;
    const plain = await openChunks(cipher, { first, sealed, end: ends ? "last" : "any" });
    return plain.subarray(start - first * CHUNK_BYTES, end - first * CHUNK_BYTES);
  }

  /** Of a part behind an object's end, which might have been cut off. */
  async function nothingAt(unitKey: UnitKey, key: string, start: number): Promise<Buffer | undefined> {
    const size = (await store.head(key))?.size;
    if (size === undefined) return undefined;
    const last = chunkCount(plainSize(size)) - 1;
    const found = await readChunks(unitKey, key, last, last + 1);
    if (found === undefined) return undefined;
    const { length } = await openChunks(found.cipher, { first: last, sealed: found.sealed, end: "last" });
    if (start < last * CHUNK_BYTES + length) throw damaged();
    return Buffer.alloc(0);
  }

  return {
    /** Bytes [start, end) of the plain object. @throws storage_damaged, bad_request */
    async getRange(unitKey: UnitKey, key: string, start: number, end: number): Promise<Buffer | undefined> {
      if (readLength(start, end) === 0) return (await store.head(key)) === undefined ? undefined : Buffer.alloc(0);
      const wasKept = ciphers.has(key);
      try {
        return await read(unitKey, key, start, end);
      } catch (error) {
        // Written anew since its header was read, or in the midst of that.
        ciphers.delete(key);
        if (findErrorCode(error) !== "storage_damaged" || (!wasKept && start < CHUNK_BYTES)) throw error;
        return await read(unitKey, key, start, end);
      }
    },
    forget: (key: string): void => void ciphers.delete(key),
  };
}
