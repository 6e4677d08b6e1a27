/** Calls of `storage`, as uploads want them. */
import type { ServiceBroker } from "moleculer";
import { fail } from "../../../config/errors.ts";
import type { EraseParams, EraseResult, HeadResult, KeyParams, ListParams, ListResult, PutParams, PutResult, ReadRangeParams, RemovePrefixParams, UploadParams, UploadResult } from "../../storage/storage.contract.ts";
import { readReply } from "../../../mixins/byte-reply.ts";
import type { UploadStore } from "./stored-uploads.ts";

export function uploadStore(broker: ServiceBroker): UploadStore {
  return {
    upload: (key, stream, maxBytes) => broker.call<UploadResult, UploadParams>("storage.upload", { key, maxBytes }, { stream, timeout: 0, retries: 0 }),
    async put(key, bytes) {
      await broker.call<PutResult, PutParams>("storage.put", { key, bytes });
    },
    async create(key, bytes) {
      return (await broker.call<PutResult, PutParams>("storage.put", { key, bytes, ifAbsent: true })).stored;
    },
    async get(key) {
      const reply = await broker.call<unknown, KeyParams>("storage.get", { key });
      return reply === null ? null : await readReply(reply);
    },
    async readRange(key, start, end) {
      const reply = await broker.call<unknown, ReadRangeParams>("storage.readRange", { key, start, end });
      if (reply === null) throw fail("upload_not_found", "The upload is no longer there.");
      return await readReply(reply);
    },
    async findTime(key) {
      return (await broker.call<HeadResult | null, KeyParams>("storage.head", { key }))?.modifiedAt;
    },
    list: (prefix, after) => broker.call<ListResult, ListParams>("storage.list", { prefix, ...(after === undefined ? {} : { after }) }),
    async removePrefix(prefix) {
      await broker.call<unknown, RemovePrefixParams>("storage.removePrefix", { prefix });
    },
    async erase(what) {
      const { locked } = await broker.call<EraseResult, EraseParams>("storage.erase", { what });
      if (locked > 0) throw fail("erasure_incomplete", `A lock keeps ${locked} versions of what the upload brought.`);
    },
  };
}
