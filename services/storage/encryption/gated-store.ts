/** A store whose videos and uploads nobody gets at who has not their keys. */
import type { ObjectStore } from "../object-store.ts";
import type { KeyGate } from "./check-keys.ts";
import { damaged, isSealed } from "./sealed-format.ts";
import { findUnitOf } from "./units.ts";

/** For a node without keys: what is encrypted, should it come all the same, is not given out. */
export function withoutKeys<T extends ObjectStore>(store: T): T {
  return {
    ...store,
    async get(key) {
      const bytes = await store.get(key);
      if (bytes !== undefined && findUnitOf(key) !== undefined && isSealed(bytes)) throw damaged();
      return bytes;
    },
  } satisfies ObjectStore as T;
}

/** Every call about a unit passes the gate first. */
export function gateStore<T extends ObjectStore>(store: T, gate: KeyGate): T {
  const about = (key: string): void => {
    if (findUnitOf(key) !== undefined) gate.pass();
  };
  return {
    ...store,
    put: async (key, bytes, options) => (about(key), await store.put(key, bytes, options)),
    copy: async (from, to) => (about(from), about(to), await store.copy(from, to)),
    get: async (key) => (about(key), await store.get(key)),
    getRange: async (key, start, end) => (about(key), await store.getRange(key, start, end)),
    head: async (key) => (about(key), await store.head(key)),
    async upload(key, source, options) {
      try {
        about(key);
      } catch (error) {
        source.destroy();
        throw error;
      }
      return await store.upload(key, source, options);
    },
    async close() {
      gate.close();
      await store.close();
    },
  } satisfies ObjectStore as T;
}
