/**
 * Pure: how an encrypted object is laid out. A header, then chunks with a tag each (the STREAM construction, as in age):
 * every object has a key of its own, made by HKDF from its unit's key, a random salt, the header and the object's name, and
 * the nonce of a chunk is its number and whether it is the last. So nothing can be changed, cut, reordered or moved to
 * another name unseen, and no key and nonce ever meet twice.
 *
 * header: magic (8 bytes), version (1), log2 of the chunk's length (1), id of the unit's key (8), salt (32)
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { cipherSteps } from "../../../config/cipher-steps.ts";
import { fail } from "../../../config/errors.ts";

const MAGIC = Buffer.from([0x8b, ...Buffer.from("LECTERN")]);
const VERSION = 1;
/** As long as a source's block. */
const CHUNK_LOG2 = 18;
export const CHUNK_BYTES = 2 ** CHUNK_LOG2;
const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
export const KEY_BYTES = 32;
export const KEY_ID_BYTES = 8;
const SALT_BYTES = 32;
const KEY_ID_AT = MAGIC.length + 2;
const SALT_AT = KEY_ID_AT + KEY_ID_BYTES;
export const HEADER_BYTES = SALT_AT + SALT_BYTES;
const CIPHER = "aes-256-gcm";

/** Of a unit. `id` in hex. */
export interface UnitKey { id: string; bytes: Buffer }

/** What encrypts or decrypts the chunks of one object. */
export interface ObjectCipher { header: Buffer; key: Buffer }

export const damaged = (): Error => fail("storage_damaged", "The object store gave back something else than was put there.");

export function isSealed(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** For an object that is to be written. */
export function newCipher(unitKey: UnitKey, objectKey: string): ObjectCipher {
  const header = Buffer.concat([MAGIC, Buffer.from([VERSION, CHUNK_LOG2]), Buffer.from(unitKey.id, "hex"), randomBytes(SALT_BYTES)]);
  return { header, key: deriveKey(unitKey, header, objectKey) };
}

/** @param header as the object begins @throws storage_damaged when it is not one of this unit's key */
export function cipherOf(unitKey: UnitKey, objectKey: string, header: Buffer): ObjectCipher {
  const isOurs = header.length === HEADER_BYTES && isSealed(header) && header[MAGIC.length] === VERSION && header[MAGIC.length + 1] === CHUNK_LOG2
    && header.toString("hex", KEY_ID_AT, SALT_AT) === unitKey.id;
  if (!isOurs) throw damaged();
  return { header, key: deriveKey(unitKey, header, objectKey) };
}

/** HKDF's info is bounded, a name is not so much. */
function deriveKey({ bytes }: UnitKey, header: Buffer, objectKey: string): Buffer {
  const info = Buffer.concat([Buffer.from("lectern/object/1"), createHash("sha256").update(header).update(objectKey).digest()]);
  return Buffer.from(hkdfSync("sha256", bytes, header.subarray(SALT_AT), info, KEY_BYTES));
}

function nonceOf(chunk: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(chunk, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** @returns the sealed chunk in pieces */
export function* sealChunk({ key }: ObjectCipher, chunk: number, isLast: boolean, plain: readonly Uint8Array[]): Generator<Buffer> {
  const cipher = createCipheriv(CIPHER, key, nonceOf(chunk, isLast), { authTagLength: TAG_BYTES });
  for (const piece of plain) yield* cipherSteps(cipher, piece);
  cipher.final(); // of a stream cipher nothing is left
  yield cipher.getAuthTag();
}

/** Writes the plain chunk at `at`. @returns where it ends; undefined: it is not this chunk of this object */
export function openChunk({ key }: ObjectCipher, chunk: number, isLast: boolean, sealed: Buffer, into: Buffer, at: number): number | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const tagAt = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, nonceOf(chunk, isLast), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(tagAt));
  let end = at;
  for (const plain of cipherSteps(decipher, sealed.subarray(0, tagAt))) end += plain.copy(into, end);
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return end;
}

/** An empty object has one chunk, too. */
export const chunkCount = (plainBytes: number): number => Math.max(1, Math.ceil(plainBytes / CHUNK_BYTES));

export const sealedSize = (plainBytes: number): number => HEADER_BYTES + plainBytes + chunkCount(plainBytes) * TAG_BYTES;

/** Of a length that no sealed object has: 0. */
export function plainSize(sealedBytes: number): number {
  const body = sealedBytes - HEADER_BYTES;
  return Math.max(0, body - Math.ceil(body / SEALED_CHUNK_BYTES) * TAG_BYTES);
}

/** Where a chunk begins in the sealed object. */
export const chunkAt = (chunk: number): number => HEADER_BYTES + chunk * SEALED_CHUNK_BYTES;
