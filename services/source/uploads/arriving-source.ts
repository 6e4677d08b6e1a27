/**
 * Uploads that are read while they arrive, and on when they have: the blocks come out of their parts, and out of the whole
 * object once the parts are put together.
 */
import { fail, findErrorCode } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { OpenedSource, Supply } from "../blocks/block-reader.ts";
import { BLOCK_BYTES, blockLength } from "../blocks/blocks.ts";
import { MAX_READ_BYTES, type LackData } from "../source.contract.ts";
import { givenUp } from "./begun-uploads.ts";
import type { Arrival, UploadArrivals } from "./upload-arrivals.ts";
import { openUpload } from "./upload-source.ts";
import type { UploadStore } from "./stored-uploads.ts";
import { partsOf } from "./upload-parts.ts";
import { formatVersion } from "../source-version.ts";

const BLOCKS_PER_READ = MAX_READ_BYTES / BLOCK_BYTES;
const RETRY_AFTER_SEC = 2;

/** @param keepOnDisk false when the store is a disk of this node */
export function arrivingSource(store: UploadStore, arrivals: UploadArrivals, uploadId: string, size: number, keepOnDisk: boolean): OpenedSource {
  return openUpload(uploadId, size, formatVersion({ size, kind: "arriving", value: uploadId }), arrivingSupply(store, arrivals, uploadId, size), keepOnDisk);
}

function arrivingSupply(store: UploadStore, arrivals: UploadArrivals, uploadId: string, size: number): Supply {
  const endOf = (n: number): number => n * BLOCK_BYTES + blockLength(n, size);

  async function readRange(arrival: Arrival, start: number, end: number): Promise<Buffer> {
    if (arrival.finished !== undefined) return asBuffer(await store.readRange(objectKeys.uploadBytes(uploadId), start, end));
    try {
      return await readParts(arrival, start, end);
    } catch (error) {
      if (findErrorCode(error) !== "upload_not_found") throw error;
      arrivals.note(uploadId); // put together meanwhile, or given up
      const { finished } = await arrivals.look(uploadId);
      if (finished === undefined) throw givenUp(); // its parts are going
      return await readRange({ ...arrival, finished }, start, end);
    }
  }

  async function readParts({ parts }: Arrival, start: number, end: number): Promise<Buffer> {
    const pieces = await Promise.all(partsOf(parts, start, end).map(({ offset, from, to }) => store.readRange(objectKeys.uploadPart(uploadId, offset), from, to)));
    return pieces.length === 1 && pieces[0] !== undefined ? asBuffer(pieces[0]) : Buffer.concat(pieces);
  }

  return {
    /** What is there is delivered; the first block that is not ends it. @throws source_pending */
    async fetch(first, last, deliver) {
      for (let n = first; n <= last;) {
        const arrival = await arrivals.look(uploadId, endOf(n));
        if (arrival.arrived < endOf(n)) throw pending(arrival.arrived, endOf(n), size);
        let until = n;
        while (until < last && until - n + 1 < BLOCKS_PER_READ && endOf(until + 1) <= arrival.arrived) until++;
        const start = n * BLOCK_BYTES;
        const bytes = await readRange(arrival, start, endOf(until));
        for (; n <= until; n++) await deliver(n, bytes.subarray(n * BLOCK_BYTES - start, endOf(n) - start));
      }
    },
  };
}

function pending(arrived: number, needed: number, size: number): Error {
  const lack: LackData = { needed, arrived, retryAfterSec: RETRY_AFTER_SEC };
  return fail("source_pending", `Of the upload's ${size} bytes ${arrived} have arrived, and this needs more.`, { ...lack });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
