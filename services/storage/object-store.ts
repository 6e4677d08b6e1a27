/**
 * The port to where everything permanent lives. Publishing is one atomic step: an object is there whole, or not at all.
 * Every implementation passes test/contract/object-store.suite.ts.
 */
import type { Readable } from "node:stream";
import { fail } from "../../config/errors.ts";
import type { HeadResult, ListParams, ListResult, PutResult, UploadResult } from "./storage.contract.ts";

/** All throw storage_unavailable when the store does not answer, storage_full when it is full, bad_request for a bad key. */
export interface ObjectStore {
  /** Durable when it resolves. With `ifAbsent`, of many writers exactly one is told `stored: true`. */
  put(key: string, bytes: Uint8Array, options?: { ifAbsent?: boolean }): Promise<PutResult>;
  get(key: string): Promise<Buffer | undefined>;
  /** Bytes [start, end), clamped to the object; undefined when there is none. */
  getRange(key: string, start: number, end: number): Promise<Buffer | undefined>;
  head(key: string): Promise<HeadResult | undefined>;
  list(params: ListParams): Promise<ListResult>;
  /** The whole stream becomes the object, or nothing does. @throws source_too_large past `maxBytes` */
  upload(key: string, source: Readable, options: { maxBytes: number }): Promise<UploadResult>;
  /** Fine when there is no such object. */
  remove(key: string): Promise<void>;
  /** Removes every object below `prefix`; tells how many. */
  removePrefix(prefix: string): Promise<number>;
  /** @throws when the store cannot be used */
  probe(): Promise<void>;
  /** Removes what interrupted writes left more than an hour ago. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

const MAX_KEY_BYTES = 900;

/** @throws bad_request for a key (or prefix) that could mean something else to a file system or an S3 server */
export function checkKey(key: string, kind: "key" | "prefix" = "key"): void {
  const parts = key.split("/");
  if (kind === "prefix" && parts.at(-1) === "") parts.pop();
  const good = (kind === "prefix" || key !== "")
    && Buffer.byteLength(key) <= MAX_KEY_BYTES
    && parts.every((part) => part !== "" && part !== "." && part !== ".." && !part.startsWith(".tmp") && Buffer.byteLength(part) <= 255)
    && !/[\\\0-\x1f\x7f]/.test(key);
  if (!good) throw fail("bad_request", "An object key is not valid.");
}
