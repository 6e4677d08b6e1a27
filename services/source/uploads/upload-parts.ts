/**
 * The parts of a resumable upload. Each is an object that is created once and named by the offset where it begins, so
 * of two who write at one place exactly one succeeds, and the parts are always a chain from 0.
 */
import type { Readable } from "node:stream";
import { fail } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { Checksum } from "../source.contract.ts";
import type { UploadStore } from "./stored-uploads.ts";

const MiB = 1024 * 1024;
const MIN_PART_BYTES = 8 * MiB;
/** Every look at an upload lists its parts, a thousand a page. */
export const MAX_PARTS = 10_000;
/** Small enough that hashing one doesn't hold up the event loop. */
const PIECE_BYTES = MiB / 4;

export interface UploadPart { offset: number; size: number }

/** What a request holds in memory at most, more or less. Half of the parts may be short: each cut connection leaves one. */
export function partBytes(uploadBytes: number): number {
  return Math.max(MIN_PART_BYTES, Math.ceil(uploadBytes / (MAX_PARTS / 2)));
}

/** In the order of their offsets. */
export async function listParts(store: UploadStore, uploadId: string): Promise<UploadPart[]> {
  const folder = objectKeys.uploadParts(uploadId);
  const parts: UploadPart[] = [];
  let after: string | undefined;
  do {
    const page = await store.list(folder, after);
    for (const { key, size } of page.objects) parts.push({ offset: Number(key.slice(folder.length)), size });
    after = page.next;
  } while (after !== undefined);
  return parts;
}

/** How far they reach without a gap. There is one only after a removal that was cut short, or met a writer. */
export function chainEnd(parts: readonly UploadPart[]): number {
  let end = 0;
  for (const { offset, size } of parts) {
    if (offset !== end) break;
    end += size;
  }
  return end;
}

/** @throws upload_conflict when there is a part at this place */
export async function createPart(store: UploadStore, uploadId: string, offset: number, bytes: Buffer): Promise<void> {
  const created = await store.create(objectKeys.uploadPart(uploadId, offset), bytes);
  if (!created) throw fail("upload_conflict", "Another request has written at this offset.");
}

/**
 * Cuts what comes into parts of `bytes` or a little more, the last one shorter. What has come when the stream breaks off is
 * a part too. The stream is not destroyed: a refused client is still to read why.
 * @throws upload_incomplete, after the last part, when it broke off
 */
export async function* cutStream(stream: Readable, bytes: number): AsyncGenerator<Buffer<ArrayBuffer>, undefined> {
  let pieces: Buffer[] = [];
  let size = 0;
  let broken = false;
  try {
    for await (const piece of stream.iterator({ destroyOnReturn: false })) {
      pieces.push(piece);
      size += piece.length;
      if (size < bytes) continue;
      yield Buffer.concat(pieces, size);
      pieces = [];
      size = 0;
    }
  } catch {
    broken = true; // why is of no use to a client that has gone
  }
  if (size > 0) yield Buffer.concat(pieces, size);
  if (broken) throw fail("upload_incomplete", "The request broke off; the upload can be resumed.");
  return undefined;
}

/**
 * The whole stream as one part that has been checked; nothing of it when it is too long, breaks off or differs.
 * @throws source_too_large, upload_incomplete, checksum_mismatch
 */
export async function* checkedPart(stream: Readable, maxBytes: number, { algorithm, digest }: Checksum): AsyncGenerator<Buffer, undefined> {
  let whole: Buffer<ArrayBuffer> | undefined;
  for await (const part of cutStream(stream, maxBytes)) {
    if (whole !== undefined) throw fail("source_too_large", `A request with a checksum may bring at most ${maxBytes} bytes.`, { limit: maxBytes });
    whole = part;
  }
  const bytes = whole ?? Buffer.alloc(0);
  const found = await crypto.subtle.digest(algorithm === "sha1" ? "SHA-1" : "SHA-256", bytes); // in a thread of its own
  if (Buffer.from(found).toString("base64") !== digest) throw fail("checksum_mismatch", "The bytes are not those of Upload-Checksum.");
  if (bytes.length > 0) yield bytes;
  return undefined;
}

/** The bytes of all parts in small pieces. @throws upload_not_found when they go away meanwhile */
export async function* readParts(store: UploadStore, uploadId: string, parts: readonly UploadPart[]): AsyncGenerator<Uint8Array, undefined> {
  for (const { offset, size } of parts) {
    const bytes = await store.readRange(objectKeys.uploadPart(uploadId, offset), 0, size);
    for (let at = 0; at < size; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
  }
  return undefined;
}
