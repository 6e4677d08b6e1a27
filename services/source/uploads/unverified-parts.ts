/**
 * Bytes that come with a checksum: none of them counts before all have been found right. What is more than one part waits in
 * the store meanwhile, in a place of this request's own, so that nothing has to be taken back when the node dies.
 */
import { createHash, randomUUID, type Hash } from "node:crypto";
import type { Readable } from "node:stream";
import { setImmediate as breathe } from "node:timers/promises";
import { fail } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { Checksum } from "../source.contract.ts";
import { signUpload } from "./begun-uploads.ts";
import type { UploadStore } from "./stored-uploads.ts";
import { cutStream, type PartLimits } from "./upload-parts.ts";

export interface CheckedRequest {
  store: UploadStore;
  uploadId: string;
  offset: number;
  limits: PartLimits;
  /** How many bytes may come. */
  mostBytes: number;
  checksum: Checksum;
}

/** Small enough that hashing one doesn't hold up the event loop. */
const PIECE_BYTES = 256 * 1024;

/**
 * The stream in parts, once it is over and right; nothing of it when it is too long, breaks off or differs.
 * @throws source_too_large, upload_incomplete, checksum_mismatch
 */
export async function* verifiedParts({ store, uploadId, offset, limits, mostBytes, checksum }: CheckedRequest, stream: Readable): AsyncGenerator<Buffer, undefined> {
  const requestId = randomUUID();
  const hash = createHash(checksum.algorithm);
  const spooled: number[] = [];
  let last: { at: number; bytes: Buffer } | undefined;
  let end = offset;
  try {
    for await (const bytes of cutStream(stream, { ...limits, slowMs: Infinity })) {
      if (end + bytes.length > offset + mostBytes) throw fail("source_too_large", "More bytes have come than the upload was to have.", { limit: mostBytes });
      if (last !== undefined) {
        await store.put(objectKeys.uploadUnverified(uploadId, requestId, last.at), last.bytes);
        await signUpload(store, uploadId);
        spooled.push(last.at);
      }
      await addTo(hash, bytes);
      last = { at: end, bytes };
      end += bytes.length;
    }
    if (hash.digest("base64") !== checksum.digest) throw fail("checksum_mismatch", "The bytes are not those of Upload-Checksum.");
    for (const at of spooled) yield asBuffer(await read(store, objectKeys.uploadUnverified(uploadId, requestId, at)));
    if (last !== undefined) yield last.bytes;
  } finally {
    // What a store that is away keeps, goes with the upload.
    if (spooled.length > 0) await store.removePrefix(objectKeys.uploadRequest(uploadId, requestId)).catch(() => undefined);
  }
  return undefined;
}

async function addTo(hash: Hash, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    hash.update(bytes.subarray(at, at + PIECE_BYTES));
    await breathe();
  }
}

async function read(store: UploadStore, key: string): Promise<Uint8Array> {
  const bytes = await store.get(key);
  if (bytes === null) throw fail("upload_not_found", "The upload has been given up.");
  return bytes;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
