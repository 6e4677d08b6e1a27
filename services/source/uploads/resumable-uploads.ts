/**
 * Uploads that may break off and go on later, on any node. What the store has is the truth: `begun.json` says what is to
 * come, the parts what has come, and `upload.json` that it is a source. Whoever finds all parts there makes it one, so a
 * node may die between any two steps.
 */
import { Readable } from "node:stream";
import { fail } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { AppendParams, BeginParams, Upload, UploadMetadata, UploadProgress } from "../source.contract.ts";
import { findUpload, getUpload, recordUpload, type UploadStore } from "./stored-uploads.ts";
import { chainEnd, checkedPart, createPart, cutStream, listParts, MAX_PARTS, partBytes, readParts, type UploadPart } from "./upload-parts.ts";

interface Begun { size: number; createdAt: string; metadata?: UploadMetadata }

export interface ResumableUploads {
  /** @throws upload_empty, source_too_large */
  begin(params: BeginParams): Promise<void>;
  /** @throws upload_not_found */
  progress(uploadId: string): Promise<UploadProgress>;
  /**
   * Keeps what comes, from `offset` on.
   * @returns the offset after it
   * @throws upload_conflict, upload_incomplete, checksum_mismatch, source_too_large
   */
  append(params: AppendParams, stream: Readable): Promise<number>;
  /** Removes an upload that is not finished. @throws upload_not_found, upload_conflict */
  abandon(uploadId: string): Promise<void>;
  /** An upload that is finished, or has all its bytes and is finished now. @throws upload_not_found */
  whole(uploadId: string): Promise<Upload>;
}

export function resumableUploads(store: UploadStore, maxBytes: number): ResumableUploads {
  /** On this node once for all who ask; two nodes at it make the same. */
  const finishing = new Map<string, Promise<Upload>>();

  async function finish(uploadId: string, begun: Begun, parts: readonly UploadPart[]): Promise<void> {
    let work = finishing.get(uploadId);
    if (work === undefined) {
      work = assemble(store, uploadId, begun, parts).finally(() => finishing.delete(uploadId));
      finishing.set(uploadId, work);
    }
    await work;
  }

  async function look(uploadId: string): Promise<{ progress: UploadProgress; parts: number }> {
    const begun = await getBegun(store, uploadId);
    const { size } = begun;
    if ((await findUpload(store, uploadId)) !== undefined) return { progress: { uploadId, ...begun, offset: size, finished: true }, parts: 0 };
    const parts = await listParts(store, uploadId);
    const offset = chainEnd(parts);
    if (offset === size) await finish(uploadId, begun, parts);
    return { progress: { uploadId, ...begun, offset, finished: offset === size }, parts: parts.length };
  }

  return {
    async begin({ uploadId, size, metadata }) {
      if (size === 0) throw fail("upload_empty", "The upload has no bytes.");
      if (size > maxBytes) throw fail("source_too_large", `The upload is over the limit of ${maxBytes} bytes.`, { limit: maxBytes });
      const begun: Begun = { size, createdAt: new Date().toISOString(), ...(metadata === undefined ? {} : { metadata }) };
      await store.put(objectKeys.uploadBegun(uploadId), Buffer.from(JSON.stringify(begun)));
    },

    async progress(uploadId) {
      return (await look(uploadId)).progress;
    },

    async append({ uploadId, offset, checksum }, stream) {
      const { progress: { size, offset: stored }, parts } = await look(uploadId);
      if (offset !== stored) throw fail("upload_conflict", `The upload is at ${stored} and not at ${offset}.`);
      const length = partBytes(size);
      let [end, count] = [offset, parts];
      for await (const bytes of checksum === undefined ? cutStream(stream, length) : checkedPart(stream, length, checksum)) {
        if (end + bytes.length > size) throw fail("source_too_large", `The upload was to have ${size} bytes, and more have come.`, { limit: size });
        if (++count > MAX_PARTS) throw fail("bad_request", `The upload has come in more than ${MAX_PARTS} pieces; send it in larger ones.`);
        await createPart(store, uploadId, end, bytes);
        end += bytes.length;
      }
      if (end === size && end > offset) await look(uploadId); // which finishes it
      return end;
    },

    async abandon(uploadId) {
      await getBegun(store, uploadId);
      if ((await findUpload(store, uploadId)) !== undefined) throw fail("upload_conflict", "The upload is finished; a video may be made of it.");
      await store.removePrefix(objectKeys.uploadFolder(uploadId));
    },

    async whole(uploadId) {
      const upload = await findUpload(store, uploadId);
      if (upload !== undefined) return upload;
      await look(uploadId);
      return await getUpload(store, uploadId);
    },
  };
}

/** Makes a source of the parts: its bytes, then its record; the parts go last. Done twice, it makes the same. */
async function assemble(store: UploadStore, uploadId: string, { size, createdAt }: Begun, parts: readonly UploadPart[]): Promise<Upload> {
  try {
    const { sha256 } = await store.upload(objectKeys.uploadBytes(uploadId), Readable.from(readParts(store, uploadId, parts)), size);
    const upload: Upload = { uploadId, size, sha256, createdAt };
    await recordUpload(store, upload);
    await store.removePrefix(objectKeys.uploadParts(uploadId));
    return upload;
  } catch (error) {
    // Another node may have been faster and have removed the parts; or only their removal failed, and the sweep does it.
    const upload = await findUpload(store, uploadId);
    if (upload === undefined) throw error;
    return upload;
  }
}

async function getBegun(store: UploadStore, uploadId: string): Promise<Begun> {
  const bytes = await store.get(objectKeys.uploadBegun(uploadId));
  if (bytes === null) throw fail("upload_not_found", "There is no such upload.");
  return parseBegun(bytes);
}

function parseBegun(bytes: Uint8Array): Begun {
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as Begun;
}
