/**
 * The parts of a resumable upload. Each is an object that is created once and named by the offset where it begins, so
 * of two who write at one place exactly one succeeds, and the parts are always a chain from 0.
 */
import type { Readable } from "node:stream";
import { fail } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { UploadStore } from "./stored-uploads.ts";

const MiB = 1024 * 1024;
const MAX_PART_BYTES = 8 * MiB;
const MIN_PART_BYTES = MiB / 4;
const SLOW_MS = 1_000;
/** Every look at an upload lists its parts, a thousand a page. */
export const MAX_PARTS = 10_000;
/** Small enough that hashing one doesn't hold up the event loop. */
const PIECE_BYTES = MiB / 4;

export interface UploadPart { offset: number; size: number }

export interface PartLimits {
  /** A part is cut as soon as it has so many: what a request holds in memory, more or less. */
  bytes: number;
  /** One that has taken `slowMs` to come is cut when it has as many as this: who waits for it gets it sooner. */
  slowBytes: number;
  slowMs: number;
}

/** Half of the parts may be short: each cut connection leaves one. */
export function partLimits(uploadBytes: number): PartLimits {
  const least = Math.ceil(uploadBytes / (MAX_PARTS / 2));
  return { bytes: Math.max(MAX_PART_BYTES, least), slowBytes: Math.max(MIN_PART_BYTES, least), slowMs: SLOW_MS };
}

/** In the order of their offsets; only those behind `last`, when it is given. */
export async function listParts(store: UploadStore, uploadId: string, last?: UploadPart): Promise<UploadPart[]> {
  const folder = objectKeys.uploadParts(uploadId);
  const parts: UploadPart[] = [];
  let after = last === undefined ? undefined : objectKeys.uploadPart(uploadId, last.offset);
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

/** Where the bytes [start, end) lie: `from` to `to` of the part at `offset`. They must all be there. */
export function partsOf(parts: readonly UploadPart[], start: number, end: number): { offset: number; from: number; to: number }[] {
  const found: { offset: number; from: number; to: number }[] = [];
  for (const { offset, size } of parts) {
    if (offset >= end) break;
    if (offset + size > start) found.push({ offset, from: Math.max(0, start - offset), to: Math.min(size, end - offset) });
  }
  return found;
}

/** @throws upload_conflict when there is a part at this place */
export async function createPart(store: UploadStore, uploadId: string, offset: number, bytes: Buffer): Promise<void> {
  const created = await store.create(objectKeys.uploadPart(uploadId, offset), bytes);
  if (!created) throw fail("upload_conflict", "Another request has written at this offset.");
}

/**
 * Cuts what comes into parts of `bytes` or a little more, or fewer where it comes slowly; the last one is what is left. What
 * has come when the stream breaks off is a part too. The stream is not destroyed: a refused client is still to read why.
 * @throws upload_incomplete, after the last part, when it broke off
 */
export async function* cutStream(stream: Readable, { bytes, slowBytes, slowMs }: PartLimits): AsyncGenerator<Buffer<ArrayBuffer>, undefined> {
  const source = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  /** Why a stream broke is of no use to a client that has gone. */
  const ask = (): Promise<IteratorResult<Buffer> | "broken"> => source.next().catch(() => "broken" as const);
  let pieces: Buffer[] = [];
  let [size, since, coming] = [0, performance.now(), ask()];
  let over: "ended" | "broken" | undefined;
  try {
    while (over === undefined) {
      const piece = await within(size < slowBytes ? Infinity : since + slowMs - performance.now(), coming);
      if (piece === "broken") over = piece;
      else if (piece?.done === true) over = "ended";
      else if (piece !== undefined) {
        pieces.push(piece.value);
        size += piece.value.length;
        coming = ask();
      }
      const isLong = size >= bytes || (size >= slowBytes && performance.now() - since >= slowMs);
      if (!isLong && (over === undefined || size === 0)) continue;
      yield Buffer.concat(pieces, size);
      [pieces, size, since] = [[], 0, performance.now()];
    }
  } finally {
    if (over === undefined) source.return?.().catch(() => undefined); // not waited for: nothing more may come
  }
  if (over === "broken") throw fail("upload_incomplete", "The request broke off; the upload can be resumed.");
  return undefined;
}

/** What `coming` gives within `ms`; undefined when that is nothing. */
async function within<T>(ms: number, coming: Promise<T>): Promise<T | undefined> {
  if (ms === Infinity) return await coming;
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), Math.max(0, ms));
  try {
    return await Promise.race([coming, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The bytes of all parts in small pieces. @throws upload_not_found when they go away meanwhile */
export async function* readParts(store: UploadStore, uploadId: string, parts: readonly UploadPart[]): AsyncGenerator<Uint8Array, undefined> {
  for (const { offset, size } of parts) {
    const bytes = await store.readRange(objectKeys.uploadPart(uploadId, offset), 0, size);
    for (let at = 0; at < size; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
  }
  return undefined;
}
