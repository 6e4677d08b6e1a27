/** A store whose encrypted objects nobody gets at who has not their keys. */
import { fail } from "../../../config/errors.ts";
import type { ObjectStore } from "../object-store.ts";
import type { KeyGate } from "./check-keys.ts";
import { isEnvelope } from "./envelope.ts";
import { damaged, isSealed } from "./sealed-format.ts";
import { findEnvelopeFolder, findUnitOf } from "./units.ts";

/** For a node without keys: what is encrypted, should it come all the same, is not given out. */
export function withoutKeys<T extends ObjectStore>(store: T): T {
  return {
    ...store,
    async get(key) {
      const bytes = await store.get(key);
      if (bytes !== undefined && findUnitOf(key) !== undefined && isSealed(bytes)) throw damaged();
      if (bytes !== undefined && findEnvelopeFolder(key) !== undefined && isEnvelope(bytes)) throw fail("storage_key_unavailable", "What is asked for is encrypted; LECTERN_STORE_KEYS must say where its key is.");
      return bytes;
    },
  } satisfies ObjectStore as T;
}

/** Every call about what is encrypted passes the gate first. */
export function gateStore<T extends ObjectStore>(store: T, gate: KeyGate): T {
  const about = (key: string): void => {
    if (findUnitOf(key) !== undefined || findEnvelopeFolder(key) !== undefined) gate.pass();
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
