/** The way into a store: counts and hashes a source while it streams, and says what was wrong with it. */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { fail, findErrorCode } from "../../config/errors.ts";
import type { UploadResult } from "./storage.contract.ts";

export interface MeteredUpload {
  /** The source's bytes. Leaving the iteration early destroys the source. */
  chunks: AsyncIterable<Buffer>;
  /** Once all chunks are read. */
  result(): UploadResult;
}

/**
 * @param hashed whether `sha256` is wanted; without it that is empty
 * @throws (while iterating) source_too_large, upload_incomplete, or the error of ours that the source broke with
 */
export function meterUpload(source: Readable, maxBytes: number, hashed = true): MeteredUpload {
  const hash = createHash("sha256");
  let size = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of readSource(source)) {
      size += chunk.length;
      if (size > maxBytes) throw fail("source_too_large", `The upload is over the limit of ${maxBytes} bytes.`, { limit: maxBytes });
      if (hashed) hash.update(chunk);
      yield chunk;
    }
  }
  return { chunks: chunks(), result: () => ({ size, sha256: hashed ? hash.digest("hex") : "" }) };
}

async function* readSource(source: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of source) {
      if (!(chunk instanceof Uint8Array)) throw fail("bad_request", "An upload must be a stream of bytes.");
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  } catch (error) {
    throw findErrorCode(error) === undefined ? fail("upload_incomplete", "The upload broke off.") : error;
  }
}
