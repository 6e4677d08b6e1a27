/**
 * How far uploads have come, as this node knows it: what the store has is the truth, looked at again where more is wanted
 * than is known, at most four times a second, and at once when a node says that more has come.
 */
import { LRUCache } from "lru-cache";
import { fail } from "../../../config/errors.ts";
import { upTo } from "../../../config/lru-room.ts";
import { findBegun, givenUp, type Begun } from "./begun-uploads.ts";
import { findUpload, type UploadStore } from "./stored-uploads.ts";
import { chainEnd, listParts, type UploadPart } from "./upload-parts.ts";
import type { Upload } from "../source.contract.ts";

/** What a look found holds for so long. */
const FRESH_MS = 250;
/** News may be lost; then this is how late they come. */
const LOOK_MS = 1_000;
const MAX_KNOWN = 500;
const MAX_WAITING = 5_000;

export interface Arrival {
  begun: Begun;
  /** Bytes from the beginning that are there. */
  arrived: number;
  /** Those that are known, in the order of their offsets. */
  parts: readonly UploadPart[];
  finished?: Upload;
}

export interface UploadArrivals {
  /**
   * What is known, when that is `enough` bytes, else what the store says.
   * @throws upload_incomplete when the upload was given up: there is nothing of it any more
   */
  look(uploadId: string, enough?: number): Promise<Arrival>;
  /** Resolves when `bytes` are there, or `waitMs` have passed. @throws upload_incomplete, overloaded */
  wait(uploadId: string, bytes: number, waitMs: number): Promise<Arrival>;
  /** More of it is there, or less. */
  note(uploadId: string): void;
}

interface Known { arrival?: Arrival; lookedAt: number; looking?: Promise<Arrival> | undefined }

export function uploadArrivals(store: UploadStore): UploadArrivals {
  const known = new LRUCache<string, Known>(upTo(MAX_KNOWN));
  const sleepers = new Map<string, Set<() => void>>();
  let waiting = 0;

  /** Parts never change, so only those behind the last known one are listed. */
  async function read(uploadId: string, before: Arrival | undefined): Promise<Arrival> {
    const seen = before?.parts ?? [];
    const [finished, begun, more] = await Promise.all([findUpload(store, uploadId), before?.begun ?? findBegun(store, uploadId), listParts(store, uploadId, seen.at(-1))]);
    if (finished !== undefined) return { begun: begun ?? finished, arrived: finished.size, parts: [], finished };
    const parts = [...seen, ...more];
    // Nothing new: it may be gone, and with it what was known.
    if (begun === undefined || (before !== undefined && more.length === 0 && (await findBegun(store, uploadId)) === undefined)) {
      throw givenUp();
    }
    return { begun, arrived: chainEnd(parts), parts };
  }

  async function look(uploadId: string, enough = Infinity): Promise<Arrival> {
    const entry = known.get(uploadId) ?? { lookedAt: -Infinity };
    known.set(uploadId, entry);
    const { arrival } = entry;
    if (arrival !== undefined && (arrival.finished !== undefined || arrival.arrived >= enough || performance.now() - entry.lookedAt < FRESH_MS)) return arrival;
    if (entry.looking !== undefined) {
      const isStale = entry.lookedAt === -Infinity; // news have come since it began
      const found = await entry.looking;
      return isStale ? await look(uploadId, enough) : found;
    }
    entry.lookedAt = performance.now();
    entry.looking = read(uploadId, arrival).finally(() => { entry.looking = undefined; });
    try {
      entry.arrival = await entry.looking;
      return entry.arrival;
    } catch (error) {
      known.delete(uploadId);
      throw error;
    }
  }

  function sleep(uploadId: string, ms: number): { over: Promise<void>; end(): void } {
    const over = Promise.withResolvers<void>();
    const set = sleepers.get(uploadId) ?? new Set();
    sleepers.set(uploadId, set);
    const end = (): void => {
      clearTimeout(timer);
      set.delete(end);
      if (set.size === 0) sleepers.delete(uploadId);
      over.resolve();
    };
    const timer = setTimeout(end, ms);
    set.add(end);
    return { over: over.promise, end };
  }

  return {
    look,
    async wait(uploadId, bytes, waitMs) {
      const until = performance.now() + waitMs;
      if (waiting >= MAX_WAITING) throw fail("overloaded", "Too many wait for uploads.", { retryAfterSec: 2 });
      waiting++;
      try {
        for (;;) {
          const left = until - performance.now();
          const pause = sleep(uploadId, Math.max(0, Math.min(left, LOOK_MS))); // before looking: news that come in between are not missed
          try {
            const arrival = await look(uploadId, bytes);
            if (arrival.arrived >= bytes || left <= 0) return arrival;
            await pause.over;
          } finally {
            pause.end();
          }
        }
      } finally {
        waiting--;
      }
    },
    note(uploadId) {
      const entry = known.get(uploadId);
      if (entry !== undefined) entry.lookedAt = -Infinity;
      for (const end of sleepers.get(uploadId) ?? []) end();
    },
  };
}
