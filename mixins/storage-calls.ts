/** Calls of `storage`, as the modules of a service want them, and the two ways in which a part of a video is written. */
import type { ServiceBroker } from "moleculer";
import { objectKeys } from "../config/object-keys.ts";
import type { CopyParams, CopyResult, EraseParams, EraseResult, ListResult, PutResult, RecordPlace } from "../services/storage/storage.contract.ts";
import { readReply } from "./byte-reply.ts";

export interface StorageCalls {
  get(key: string): Promise<Buffer | null>;
  put(key: string, bytes: Buffer, ifAbsent: boolean, place?: RecordPlace, keepUntil?: number): Promise<PutResult>;
  /** Which regions a new record should name; null where there is one region. */
  place?(): Promise<RecordPlace | null>;
  /** Lets the record of a new video be written without waiting for its key. */
  prepare?(videoId: string): Promise<void>;
  /** Of a video that was not made after all. */
  discard?(videoId: string): Promise<void>;
  /** null when there is no `from`. */
  copy(from: string, to: string): Promise<CopyResult | null>;
  list(prefix: string, after: string | undefined, delimiter: boolean): Promise<ListResult>;
  remove(key: string): Promise<void>;
  removePrefix(prefix: string): Promise<void>;
  /** A folder, or one object by its key, with all its versions. @throws erasure_incomplete */
  erase(what: string): Promise<EraseResult>;
}

export function storageCalls(broker: ServiceBroker): StorageCalls {
  return {
    async get(key) {
      const reply = await broker.call<unknown, { key: string }>("storage.get", { key });
      return reply === null ? null : await readReply(reply);
    },
    put: (key, bytes, ifAbsent, place, keepUntil) => broker.call<PutResult, object>("storage.put", { key, bytes, ifAbsent, ...(place === undefined ? {} : { place }), ...(keepUntil === undefined ? {} : { keepUntil }) }),
    place: () => broker.call<RecordPlace | null, object>("storage.place", {}),
    prepare: (videoId) => broker.call("storage.prepare", { videoId }),
    discard: (videoId) => broker.call("storage.discard", { videoId }),
    copy: (from, to) => broker.call<CopyResult | null, CopyParams>("storage.copy", { from, to }),
    list: (prefix, after, delimiter) =>
      broker.call<ListResult, object>("storage.list", { prefix, ...(after === undefined ? {} : { after }), ...(delimiter ? { delimiter: "/" } : {}) }),
    remove: (key) => broker.call("storage.remove", { key }),
    removePrefix: (prefix) => broker.call("storage.removePrefix", { prefix }),
    erase: (what) => broker.call<EraseResult, EraseParams>("storage.erase", { what }),
  };
}

/**
 * Writes a part of a video, unless it is there. A video's tombstone is older than the removal of its objects, so what
 * comes after that removal sees the tombstone, and is taken back.
 * @returns `made`: it is there by this write; `there`: it was; `gone`: the video is deleted
 */
export async function putPart(storage: Pick<StorageCalls, "get" | "put" | "erase">, videoId: string, key: string, bytes: Buffer): Promise<"made" | "there" | "gone"> {
  const { stored } = await storage.put(key, bytes, true);
  if ((await storage.get(objectKeys.tombstone(videoId))) === null) return stored ? "made" : "there";
  await storage.erase(key);
  return "gone";
}

/**
 * Gives a video the part that another has at `from`, unless it has it; taken back like `putPart`'s when it is deleted.
 * @returns undefined when there was nothing to copy, or nobody to have it
 */
export async function copyPart(storage: Pick<StorageCalls, "get" | "copy" | "erase">, videoId: string, from: string, key: string): Promise<CopyResult | undefined> {
  const result = await storage.copy(from, key);
  if (result === null) return undefined;
  if ((await storage.get(objectKeys.tombstone(videoId))) === null) return result;
  await storage.erase(key);
  return undefined;
}
