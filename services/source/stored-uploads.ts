/**
 * Uploads in the object store: the bytes first, then `upload.json`, which makes them an upload. What has no
 * `upload.json` does not exist.
 */
import { Transform, type Readable } from "node:stream";
import { decodeTime, isValid, ulid } from "ulid";
import { fail, findErrorCode } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import type { ListResult, UploadResult } from "../storage/storage.contract.ts";
import type { Upload } from "./source.contract.ts";

/** An upload without `upload.json` is given up after this long. */
const ABANDONED_MS = 24 * 3_600_000;
const UPLOADS = "uploads/";

/** What of `storage` uploads need. */
export interface UploadStore {
  /** All of `stream` becomes the object, or nothing does. */
  upload(key: string, stream: Readable, maxBytes: number): Promise<UploadResult>;
  put(key: string, bytes: Buffer): Promise<void>;
  get(key: string): Promise<Uint8Array | null>;
  readRange(key: string, start: number, end: number): Promise<Uint8Array>;
  list(prefix: string, after: string | undefined): Promise<ListResult>;
  removePrefix(prefix: string): Promise<void>;
}

/**
 * Takes an upload off `stream`.
 * @param expectedBytes the Content-Length, if there was one
 * @throws upload_empty, upload_incomplete, source_too_large; nothing is left behind
 */
export async function receiveUpload(store: UploadStore, stream: Readable, expectedBytes: number | undefined, maxBytes: number): Promise<Upload> {
  if (expectedBytes !== undefined && expectedBytes > maxBytes) throw tooLarge(maxBytes);
  const uploadId = ulid().toLowerCase();
  try {
    const { size, sha256 } = await takeBytes(store, uploadId, stream, maxBytes);
    if (size === 0) throw fail("upload_empty", "The upload has no bytes.");
    if (expectedBytes !== undefined && size !== expectedBytes) throw incomplete(size, expectedBytes);
    const upload: Upload = { uploadId, size, sha256, createdAt: new Date().toISOString() };
    await store.put(objectKeys.upload(uploadId), Buffer.from(JSON.stringify(upload)));
    return upload;
  } catch (error) {
    await store.removePrefix(objectKeys.uploadFolder(uploadId));
    throw error;
  }
}

async function takeBytes(store: UploadStore, uploadId: string, stream: Readable, maxBytes: number): Promise<UploadResult> {
  const counted = countedStream(stream, maxBytes);
  try {
    return await store.upload(objectKeys.uploadBytes(uploadId), counted, maxBytes);
  } catch (error) {
    // What went wrong on the way in is the cause of whatever the store says about it.
    throw findErrorCode(counted.errored) === undefined ? error : counted.errored;
  }
}

/**
 * Not `pipeline`: that would destroy a request that is too large together with its socket, and the client would never
 * read why.
 */
function countedStream(stream: Readable, maxBytes: number): Transform {
  let received = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > maxBytes) stream.unpipe(counted);
      done(received > maxBytes ? tooLarge(maxBytes) : null, chunk);
    },
  });
  const interrupt = (): void => {
    if (!stream.readableEnded) counted.destroy(incomplete(received, undefined));
  };
  stream.on("error", interrupt).on("close", interrupt);
  if (stream.destroyed) interrupt();
  else stream.pipe(counted);
  return counted;
}

function tooLarge(maxBytes: number) {
  return fail("source_too_large", `The upload is over the limit of ${maxBytes} bytes.`, { limit: maxBytes });
}

function incomplete(received: number, expected: number | undefined) {
  const of = expected === undefined ? "" : ` of ${expected}`;
  return fail("upload_incomplete", `The upload ended after ${received}${of} bytes.`, { received, ...(expected === undefined ? {} : { expected }) });
}

/** @throws upload_not_found */
export async function getUpload(store: UploadStore, uploadId: string): Promise<Upload> {
  const bytes = await store.get(objectKeys.upload(uploadId));
  if (bytes === null) throw fail("upload_not_found", "There is no such upload.");
  return parseUpload(bytes);
}

function parseUpload(bytes: Uint8Array): Upload {
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as Upload;
}

/** Removes what uploads that never finished left behind. @returns how many */
export async function sweepUploads(store: UploadStore, now: number): Promise<number> {
  const abandoned: string[] = [];
  let current: { id: string; finished: boolean } | undefined;
  const close = (): void => {
    if (current !== undefined && !current.finished && isAbandoned(current.id, now)) abandoned.push(current.id);
  };
  let after: string | undefined;
  do {
    // Keys come in order, so all of one upload's are neighbours.
    const page = await store.list(UPLOADS, after);
    for (const { key } of page.objects) {
      const id = key.split("/")[1] ?? "";
      if (id !== current?.id) {
        close();
        current = { id, finished: false };
      }
      if (key === objectKeys.upload(id)) current.finished = true;
    }
    after = page.next;
  } while (after !== undefined);
  close();
  for (const id of abandoned) await store.removePrefix(objectKeys.uploadFolder(id));
  return abandoned.length;
}

/** An upload's id says when it began. */
function isAbandoned(id: string, now: number): boolean {
  const ulidText = id.toUpperCase();
  return isValid(ulidText) && now - decodeTime(ulidText) > ABANDONED_MS;
}
