/** Whole objects, and streams of any length, into their encrypted form and back. */
import { setImmediate as breathe } from "node:timers/promises";
import { cutParts } from "../cut-parts.ts";
import { CHUNK_BYTES, chunkCount, cipherOf, damaged, HEADER_BYTES, newCipher, openChunk, sealChunk, SEALED_CHUNK_BYTES, sealedSize, plainSize, type ObjectCipher, type UnitKey } from "./sealed-format.ts";

/** So many chunks take a millisecond or two; then others have their turn. */
const CHUNKS_AT_ONCE = 8;

export async function sealBytes(unitKey: UnitKey, objectKey: string, plain: Uint8Array): Promise<Buffer> {
  const cipher = newCipher(unitKey, objectKey);
  const sealed = Buffer.allocUnsafeSlow(sealedSize(plain.byteLength));
  const count = chunkCount(plain.byteLength);
  let at = cipher.header.copy(sealed);
  for (let n = 0; n < count; n++) {
    if (n > 0 && n % CHUNKS_AT_ONCE === 0) await breathe();
    for (const part of sealChunk(cipher, n, n === count - 1, [plain.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES)])) at += part.copy(sealed, at);
  }
  return sealed;
}

/** @throws storage_damaged unless it is all of what was put under this name */
export async function openBytes(unitKey: UnitKey, objectKey: string, sealed: Buffer): Promise<Buffer> {
  const cipher = cipherOf(unitKey, objectKey, sealed.subarray(0, HEADER_BYTES));
  return await openChunks(cipher, { first: 0, sealed: sealed.subarray(HEADER_BYTES), end: "last" });
}

export interface SealedChunks {
  /** Number of the first one. */
  first: number;
  sealed: Buffer;
  /** Whether the last of them must be the object's last one, or may. */
  end: "last" | "any";
}

/** @throws storage_damaged */
export async function openChunks(cipher: ObjectCipher, { first, sealed, end }: SealedChunks): Promise<Buffer> {
  const plain = Buffer.allocUnsafeSlow(plainSize(HEADER_BYTES + sealed.length));
  const count = Math.ceil(sealed.length / SEALED_CHUNK_BYTES);
  let at: number | undefined = 0;
  for (let n = 0; n < count; n++) {
    if (n > 0 && n % CHUNKS_AT_ONCE === 0) await breathe();
    const chunk = sealed.subarray(n * SEALED_CHUNK_BYTES, (n + 1) * SEALED_CHUNK_BYTES);
    const isEnd = n === count - 1;
    const mayGoOn: boolean = !isEnd || (end === "any" && chunk.length === SEALED_CHUNK_BYTES);
    const from: number = at;
    at = mayGoOn ? openChunk(cipher, first + n, false, chunk, plain, from) : undefined;
    if (isEnd) at ??= openChunk(cipher, first + n, true, chunk, plain, from);
    if (at === undefined) throw damaged();
  }
  if (count === 0) throw damaged();
  return plain;
}

/** `plain` in its encrypted form, in small pieces. */
export async function* sealStream(unitKey: UnitKey, objectKey: string, plain: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  const cipher = newCipher(unitKey, objectKey);
  yield cipher.header;
  let n = 0;
  let ended = false;
  for await (const { pieces, last } of cutParts(plain, CHUNK_BYTES)) {
    ended = last;
    yield* sealChunk(cipher, n++, last, pieces);
  }
  if (!ended) yield* sealChunk(cipher, n, true, []); // there was nothing
  return undefined;
}
