/** Calls of `storage` that end in memory: for tests of what keeps its state there. */
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import { memoryStore } from "./memory-store.ts";

/** `objects` is what is stored; `calls` what was asked, in order. */
export function memoryStorageCalls(): StorageCalls & { objects: Map<string, Buffer>; calls: string[] } {
  const store = memoryStore();
  const calls: string[] = [];
  return {
    objects: store.objects, calls,
    async get(key) {
      calls.push(`get ${key}`);
      return (await store.get(key)) ?? null;
    },
    async put(key, bytes, ifAbsent) {
      calls.push(`put ${key}`);
      return await store.put(key, bytes, { ifAbsent });
    },
    async copy(from, to) {
      calls.push(`copy ${from} ${to}`);
      return (await store.copy(from, to)) ?? null;
    },
    async list(prefix, after, delimiter) {
      calls.push(`list ${prefix}`);
      return await store.list({ prefix, limit: 2, ...(after === undefined ? {} : { after }), ...(delimiter ? { delimiter: "/" } : {}) });
    },
    async remove(key) {
      calls.push(`remove ${key}`);
      await store.remove(key);
    },
    async removePrefix(prefix) {
      calls.push(`removePrefix ${prefix}`);
      await store.removePrefix(prefix);
    },
    async erase(what) {
      calls.push(`erase ${what}`);
      return await store.erase(what);
    },
  };
}
