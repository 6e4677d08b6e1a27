/** Sources that were uploaded: their blocks come from the object store. */
import { objectKeys } from "../../../config/object-keys.ts";
import type { OpenedSource, Supply } from "../blocks/block-reader.ts";
import { BLOCK_BYTES, blockLength } from "../blocks/blocks.ts";
import { blocksKey, uploadKey } from "../source-keys.ts";
import { MAX_READ_BYTES, type Upload } from "../source.contract.ts";
import { formatVersion } from "../source-version.ts";
import type { UploadStore } from "./stored-uploads.ts";

const BLOCKS_PER_READ = MAX_READ_BYTES / BLOCK_BYTES;

/** @param keepOnDisk false when the store is a disk of this node */
export function uploadSource(store: UploadStore, upload: Upload, keepOnDisk: boolean): OpenedSource {
  return openUpload(upload.uploadId, upload.size, uploadVersion(upload), uploadSupply(store, upload), keepOnDisk);
}

export function openUpload(uploadId: string, size: number, version: string, supply: Supply, keepOnDisk: boolean): OpenedSource {
  return {
    cacheKey: blocksKey(uploadKey(uploadId), version),
    size,
    version,
    contentType: undefined,
    supply,
    ownSupply: supply,
    readAhead: true,
    keepOnDisk,
    flights: new Map(),
    cursors: [],
  };
}

export function uploadVersion({ size, sha256 }: Upload): string {
  return formatVersion({ size, kind: "upload", value: sha256 });
}

function uploadSupply(store: UploadStore, { uploadId, size }: Upload): Supply {
  return {
    async fetch(first, last, deliver) {
      for (let n = first; n <= last; n += BLOCKS_PER_READ) {
        const until = Math.min(n + BLOCKS_PER_READ - 1, last);
        const start = n * BLOCK_BYTES;
        const bytes = await store.readRange(objectKeys.uploadBytes(uploadId), start, until * BLOCK_BYTES + blockLength(until, size));
        for (let m = n; m <= until; m++) {
          const at = m * BLOCK_BYTES - start;
          const block = bytes.subarray(at, at + blockLength(m, size));
          await deliver(m, Buffer.from(block.buffer, block.byteOffset, block.byteLength));
        }
      }
    },
  };
}
