/**
 * Uploads that may break off and go on later, on any node. What the store has is the truth: `begun.json` says what is to
 * come, the parts what has come, and `upload.json` that it is a source. Whoever finds all parts there makes it one, so a
 * node may die between any two steps.
 */
import { Readable } from "node:stream";
import { fail } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { AppendParams, BeginParams, KnownUpload, Upload, UploadProgress } from "../source.contract.ts";
import { findBegun, getBegun, recordBegun, signUpload, type Begun } from "./begun-uploads.ts";
import { findUpload, recordUpload, type UploadStore } from "./stored-uploads.ts";
import { verifiedParts } from "./unverified-parts.ts";
import { chainEnd, createPart, cutStream, listParts, MAX_PARTS, partLimits, readParts, type UploadPart } from "./upload-parts.ts";

export interface ResumableUploads {
  /** @throws upload_empty, source_too_large */
  begin(params: BeginParams): Promise<void>;
  /** @throws upload_not_found */
  progress(uploadId: string): Promise<UploadProgress>;
  /**
   * Keeps what comes, from `offset` on.
   * @returns the offset after it
   * @throws upload_not_found also when it is given up meanwhile; upload_conflict, upload_incomplete, checksum_mismatch, source_too_large
   */
  append(params: AppendParams, stream: Readable): Promise<number>;
  /** Removes an upload that is not finished. @throws upload_not_found, upload_conflict */
  abandon(uploadId: string): Promise<void>;
  /** Any upload. One that has all its bytes is finished now. @throws upload_not_found */
  known(uploadId: string): Promise<KnownUpload>;
}

export interface UploadNews {
  /** More of it is there, or all, or nothing any more. */
  arrived(uploadId: string): void;
  finished(upload: Upload): void;
}

export function resumableUploads(store: UploadStore, maxBytes: number, news: UploadNews): ResumableUploads {
  /** On this node once for all who ask; two nodes at it make the same. */
  const finishing = new Map<string, Promise<Upload>>();

  async function finish(uploadId: string, begun: Begun, parts: readonly UploadPart[]): Promise<Upload> {
    let work = finishing.get(uploadId);
    if (work === undefined) {
      work = assemble(store, uploadId, begun, parts).finally(() => finishing.delete(uploadId));
      finishing.set(uploadId, work);
      work.then((upload) => {
        news.arrived(uploadId);
        news.finished(upload);
      }, () => undefined); // who asked for it hears of a failure
    }
    return await work;
  }

  async function look(uploadId: string): Promise<{ begun: Begun; offset: number; finished?: Upload; parts: number }> {
    const begun = await getBegun(store, uploadId);
    const { size } = begun;
    const upload = await findUpload(store, uploadId);
    if (upload !== undefined) return { begun, offset: size, finished: upload, parts: 0 };
    const parts = await listParts(store, uploadId);
    const offset = chainEnd(parts);
    if (offset !== size) return { begun, offset, parts: parts.length };
    return { begun, offset, finished: await finish(uploadId, begun, parts), parts: parts.length };
  }

  /** An upload that is given up while a request brings more of it stays given up. */
  async function keep(uploadId: string, offset: number, bytes: Buffer): Promise<void> {
    await createPart(store, uploadId, offset, bytes);
    if ((await findBegun(store, uploadId)) !== undefined) return news.arrived(uploadId);
    await store.erase(objectKeys.uploadFolder(uploadId));
    throw fail("upload_not_found", "The upload has been given up.");
  }

  return {
    async begin({ uploadId, size, metadata }) {
      if (size === 0) throw fail("upload_empty", "The upload has no bytes.");
      if (size > maxBytes) throw fail("source_too_large", `The upload is over the limit of ${maxBytes} bytes.`, { limit: maxBytes });
      await recordBegun(store, uploadId, { size, createdAt: new Date().toISOString(), ...(metadata === undefined ? {} : { metadata }) });
    },

    async progress(uploadId) {
      const { begun, offset, finished } = await look(uploadId);
      return { uploadId, ...begun, offset, finished: finished !== undefined };
    },

    async append({ uploadId, offset, checksum }, stream) {
      const { begun: { size }, offset: stored, parts } = await look(uploadId);
      if (offset !== stored) throw fail("upload_conflict", `The upload is at ${stored} and not at ${offset}.`);
      // Beside the reading: of a stream that breaks, what nobody has read is lost. Where this fails, so will what follows.
      const signing = stored === size ? undefined : signUpload(store, uploadId).catch(() => undefined);
      const limits = partLimits(size);
      let [end, count] = [offset, parts];
      for await (const bytes of checksum === undefined ? cutStream(stream, limits) : verifiedParts({ store, uploadId, offset, limits, mostBytes: size - offset, checksum }, stream)) {
        if (end + bytes.length > size) throw fail("source_too_large", `The upload was to have ${size} bytes, and more have come.`, { limit: size });
        if (++count > MAX_PARTS) throw fail("bad_request", `The upload has come in more than ${MAX_PARTS} pieces; send it in larger ones.`);
        await keep(uploadId, end, bytes);
        end += bytes.length;
      }
      await signing;
      if (end === size && end > offset) await look(uploadId); // which finishes it
      return end;
    },

    async abandon(uploadId) {
      await getBegun(store, uploadId);
      if ((await findUpload(store, uploadId)) !== undefined) throw fail("upload_conflict", "The upload is finished; a video may be made of it.");
      await store.erase(objectKeys.uploadFolder(uploadId));
      news.arrived(uploadId);
    },

    async known(uploadId) {
      const upload = await findUpload(store, uploadId);
      if (upload !== undefined) return upload;
      const { begun: { size, createdAt }, finished } = await look(uploadId);
      return finished ?? { uploadId, size, createdAt };
    },
  };
}

/** Makes a source of the parts: its bytes, then its record; the parts go last. Done twice, it makes the same. */
async function assemble(store: UploadStore, uploadId: string, { size, createdAt }: Begun, parts: readonly UploadPart[]): Promise<Upload> {
  try {
    const { sha256 } = await store.upload(objectKeys.uploadBytes(uploadId), Readable.from(readParts(store, uploadId, parts)), size);
    const upload: Upload = { uploadId, size, sha256, createdAt };
    await recordUpload(store, upload);
    await removeLeftovers(store, uploadId);
    return upload;
  } catch (error) {
    // Another node may have been faster and have removed the parts; or only their removal failed, and the sweep does it.
    const upload = await findUpload(store, uploadId);
    if (upload === undefined) throw error;
    return upload;
  }
}

/** What a finished upload was put together from. */
export async function removeLeftovers(store: UploadStore, uploadId: string): Promise<void> {
  await store.removePrefix(objectKeys.uploadParts(uploadId));
  await store.removePrefix(objectKeys.uploadComing(uploadId));
}
