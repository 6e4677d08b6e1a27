/**
 * What a place for objects must do, whatever it is made of. An object is visible whole or not at all, and is durable
 * once `put` or `upload` has answered. Every call may fail with storage_unavailable, and with bad_request for a key
 * that breaks the rules of object-key.ts.
 */
import type { Readable } from "node:stream";
import { fail } from "../../config/errors.ts";
import type { CopyResult, EraseResult, HeadResult, ListParams, ListResult, PutResult, UploadResult } from "./storage.contract.ts";

export interface ObjectStore {
  /**
   * With `ifAbsent`, of any number of writers of one key exactly one is told `stored: true`. With `keepUntil` (ms since 1970) a
   * store that can lock objects keeps it until then, whoever wants it gone; others take no notice. @throws storage_full
   */
  put(key: string, bytes: Uint8Array, options?: { ifAbsent?: boolean; keepUntil?: number }): Promise<PutResult>;
  /**
   * Makes `to` an object of the bytes of `from`, which do not come here, unless it is there. Either may be removed then
   * without the other. @returns undefined when there is no `from`. @throws storage_full
   */
  copy(from: string, to: string): Promise<CopyResult | undefined>;
  /** @throws bad_request when there are more than MAX_READ_BYTES; so does `getRange` */
  get(key: string): Promise<Buffer | undefined>;
  /** Bytes [start, end) of an object, as far as there are any. */
  getRange(key: string, start: number, end: number): Promise<Buffer | undefined>;
  head(key: string): Promise<HeadResult | undefined>;
  list(params: ListParams): Promise<ListResult>;
  /**
   * Takes all of `source`, which is destroyed when that fails. `unhashed`: nobody wants its `sha256`, which is empty then.
   * @throws source_too_large, upload_incomplete (the source broke; an error of ours it broke with is passed on), storage_full
   */
  upload(key: string, source: Readable, options: { maxBytes: number; unhashed?: boolean }): Promise<UploadResult>;
  /** Fine when there is no such object. */
  remove(key: string): Promise<void>;
  /** Removes what is below a folder (`videos/1/`). @returns how many objects */
  removePrefix(folder: string): Promise<number>;
  /**
   * Removes what is below a folder, or one object by its key, with every version that the store keeps of it and every upload
   * that would become a part of it. Twice does no harm.
   * @throws erasure_incomplete when the store does not let older versions be seen or removed; what is current is gone then
   */
  erase(what: string): Promise<EraseResult>;
  /**
   * Removes versions below a folder that are not what an object is now: all of those that were removed, all but the newest of
   * the others. `check`: counts them. @returns no `objects` @throws erasure_incomplete
   */
  prune(folder: string, options?: { check?: boolean }): Promise<EraseResult>;
  /** Writes, reads and removes a tiny object. @throws storage_unavailable, storage_full */
  probe(): Promise<void>;
  /** Removes what writers that died left behind more than an hour ago. @returns how many things */
  sweep(): Promise<number>;
  close(): Promise<void>;
}

/** Longer reads are made of ranges: what is read is held in memory whole. */
export const MAX_READ_BYTES = 256 * 1024 * 1024;
/** How many bytes lie in [start, end). @throws bad_request when they are too many */
export function readLength(start: number, end: number): number {
  if (end - start > MAX_READ_BYTES) throw fail("bad_request", `The object is too long to be read at once; read at most ${MAX_READ_BYTES} bytes of it.`);
  return Math.max(0, end - start);
}
/** Objects and prefixes in one page of a listing (S3's own limit). */
export const MAX_PAGE = 1_000;
/** A write that hasn't moved for this long is dead. */
export const ABANDONED_MS = 3_600_000;
