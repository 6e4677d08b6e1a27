/**
 * Uploads in the object store: the bytes first, then `upload.json`, which makes them an upload. What has no
 * `upload.json` does not exist.
 */
import { Transform, type Readable } from "node:stream";
import { fail, findErrorCode } from "../../../config/errors.ts";
import { newId } from "../../../config/new-id.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { ListResult, UploadResult } from "../../storage/storage.contract.ts";
import type { Upload } from "../source.contract.ts";

/** What of `storage` uploads need. */
export interface UploadStore {
  /** All of `stream` becomes the object, or nothing does. */
  upload(key: string, stream: Readable, maxBytes: number): Promise<UploadResult>;
  put(key: string, bytes: Buffer): Promise<void>;
  /** @returns false when there is such an object, which stays as it is */
  create(key: string, bytes: Buffer): Promise<boolean>;
  get(key: string): Promise<Uint8Array | null>;
  /** @throws upload_not_found when there is no such object */
  readRange(key: string, start: number, end: number): Promise<Uint8Array>;
  /** When the object was last written, in ms since 1970; undefined when there is none. */
  findTime(key: string): Promise<number | undefined>;
  list(prefix: string, after: string | undefined): Promise<ListResult>;
  removePrefix(prefix: string): Promise<void>;
  /** Of an upload that is given up: with all its versions. @throws erasure_incomplete */
  erase(folder: string): Promise<void>;
}

/**
 * Takes an upload off `stream`.
 * @param expectedBytes the Content-Length, if there was one
 * @throws upload_empty, upload_incomplete, source_too_large; nothing is left behind
 */
export async function receiveUpload(store: UploadStore, stream: Readable, expectedBytes: number | undefined, maxBytes: number, uploadId = newId()): Promise<Upload> {
  if (expectedBytes !== undefined && expectedBytes > maxBytes) throw tooLarge(maxBytes);
  try {
    const { size, sha256 } = await takeBytes(store, uploadId, stream, maxBytes);
    if (size === 0) throw fail("upload_empty", "The upload has no bytes.");
    if (expectedBytes !== undefined && size !== expectedBytes) throw incomplete(size, expectedBytes);
    const upload: Upload = { uploadId, size, sha256, createdAt: new Date().toISOString() };
    await recordUpload(store, upload);
    return upload;
  } catch (error) {
    await store.erase(objectKeys.uploadFolder(uploadId)).catch((left: unknown) => {
      if (findErrorCode(left) !== "erasure_incomplete") throw left; // what ended the upload says more
    });
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
  const upload = await findUpload(store, uploadId);
  if (upload === undefined) throw fail("upload_not_found", "There is no such upload.");
  return upload;
}

/** A finished upload. */
export async function findUpload(store: UploadStore, uploadId: string): Promise<Upload | undefined> {
  const bytes = await store.get(objectKeys.upload(uploadId));
  return bytes === null ? undefined : parseUpload(bytes);
}

/** From here on it is an upload; its bytes are in the store. */
export async function recordUpload(store: UploadStore, upload: Upload): Promise<void> {
  await store.put(objectKeys.upload(upload.uploadId), Buffer.from(JSON.stringify(upload)));
}

function parseUpload(bytes: Uint8Array): Upload {
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as Upload;
}
