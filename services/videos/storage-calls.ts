/** Calls of `storage`, as the modules of a service want them. */
import type { ServiceBroker } from "moleculer";
import type { ListResult, PutResult } from "../storage/storage.contract.ts";
import { readReply } from "../../mixins/byte-reply.ts";
import type { StorageCalls } from "./video-store.ts";

export function storageCalls(broker: ServiceBroker): StorageCalls {
  return {
    async get(key) {
      const reply = await broker.call<unknown, { key: string }>("storage.get", { key });
      return reply === null ? null : await readReply(reply);
    },
    put: (key, bytes, ifAbsent) => broker.call<PutResult, object>("storage.put", { key, bytes, ifAbsent }),
    list: (prefix, after, delimiter) =>
      broker.call<ListResult, object>("storage.list", { prefix, ...(after === undefined ? {} : { after }), ...(delimiter ? { delimiter: "/" } : {}) }),
    remove: (key) => broker.call("storage.remove", { key }),
    removePrefix: (prefix) => broker.call("storage.removePrefix", { prefix }),
  };
}
