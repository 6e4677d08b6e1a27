/** Opening uploads, finished or not. */
import { fail } from "../../../config/errors.ts";
import type { OpenedSource } from "../blocks/block-reader.ts";
import { parseVersion } from "../source-version.ts";
import { arrivingSource } from "./arriving-source.ts";
import { checkGoesOn } from "./begun-uploads.ts";
import { getUpload, type UploadStore } from "./stored-uploads.ts";
import type { UploadArrivals } from "./upload-arrivals.ts";
import { uploadSource } from "./upload-source.ts";

export interface UploadSources {
  /** @throws upload_incomplete when it is not finished, and no more of it is to be waited for */
  open(uploadId: string): Promise<OpenedSource>;
  /** The upload as it was opened somewhere: its version says in which way. @throws source_changed for no such version, upload_not_found */
  resume(uploadId: string, version: string): Promise<OpenedSource>;
}

/** @param keepOnDisk false when the store is a disk of this node */
export function uploadSources(store: UploadStore, arrivals: UploadArrivals, keepOnDisk: boolean): UploadSources {
  return {
    async open(uploadId) {
      const { finished, begun, parts } = await arrivals.look(uploadId);
      if (finished !== undefined) return uploadSource(store, finished, keepOnDisk);
      await checkGoesOn(store, uploadId, begun, parts.at(-1));
      return arrivingSource(store, arrivals, uploadId, begun.size, keepOnDisk);
    },
    async resume(uploadId, version) {
      const { kind, size, value } = parseVersion(version);
      if (kind === "arriving" && value === uploadId) return arrivingSource(store, arrivals, uploadId, size, keepOnDisk);
      const upload = uploadSource(store, await getUpload(store, uploadId), keepOnDisk);
      if (upload.version !== version) throw fail("source_changed", "The source has no such version.");
      return upload;
    },
  };
}
