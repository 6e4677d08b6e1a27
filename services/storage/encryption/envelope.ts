/**
 * An object that has its own key with it, wrapped: for small ones that stand alone, as a webhook's secret does. Its name is bound to
 * both the key and the content.
 *
 * magic (8 bytes), version (1), length of the wrapped key (2), the wrapped key as wrapped-key.ts has it, the content as sealed-format.ts has it
 */
import { randomBytes } from "node:crypto";
import type { KeyRing } from "./key-ring.ts";
import { openBytes, sealBytes } from "./seal-bytes.ts";
import { damaged, KEY_BYTES, KEY_ID_BYTES } from "./sealed-format.ts";
import { formatWrappedKey, parseWrappedKey, type WrappedKey } from "./wrapped-key.ts";

export interface Envelope { key: WrappedKey; sealed: Buffer }

const MAGIC = Buffer.from([0x8b, ...Buffer.from("LECTENV")]);
const VERSION = 1;
const KEY_AT = MAGIC.length + 3;

export function isEnvelope(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** @throws storage_damaged */
export function parseEnvelope(bytes: Buffer): Envelope {
  if (!isEnvelope(bytes) || bytes.length < KEY_AT || bytes[MAGIC.length] !== VERSION) throw damaged();
  const end = KEY_AT + bytes.readUInt16BE(MAGIC.length + 1);
  return { key: parseWrappedKey(bytes.subarray(KEY_AT, end)), sealed: bytes.subarray(end) };
}

export function formatEnvelope({ key, sealed }: Envelope): Buffer {
  const wrapped = formatWrappedKey(key);
  const head = Buffer.alloc(KEY_AT);
  MAGIC.copy(head);
  head.writeUInt8(VERSION, MAGIC.length);
  head.writeUInt16BE(wrapped.length, MAGIC.length + 1);
  return Buffer.concat([head, wrapped, sealed]);
}

/** @throws storage_key_unavailable */
export async function sealEnvelope(ring: KeyRing, objectKey: string, plain: Uint8Array): Promise<Buffer> {
  const own = { id: randomBytes(KEY_ID_BYTES).toString("hex"), bytes: randomBytes(KEY_BYTES) };
  const [wrapped, sealed] = await Promise.all([ring.wrap(own.bytes, { unit: objectKey, keyId: own.id }), sealBytes(own, objectKey, plain)]);
  return formatEnvelope({ key: { id: own.id, ...wrapped }, sealed });
}

/** The envelope's own key. @throws storage_key_unavailable */
export async function unwrapEnvelope(ring: KeyRing, objectKey: string, { key }: Envelope): Promise<Buffer> {
  return await ring.unwrap(key.wrapped, key.by, { unit: objectKey, keyId: key.id });
}

/** @param own as `unwrapEnvelope` gives it @throws storage_damaged */
export async function openEnvelope(objectKey: string, { key, sealed }: Envelope, own: Buffer): Promise<Buffer> {
  return await openBytes({ id: key.id, bytes: own }, objectKey, sealed);
}
