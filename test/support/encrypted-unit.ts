/** An encrypted store as one that knows nothing of units: all that is put there is a part of one video. */
import { randomBytes } from "node:crypto";
import { keyRing, type KeyRing } from "../../services/storage/encryption/key-ring.ts";
import { encryptStore } from "../../services/storage/encryption/encrypted-store.ts";
import { localKey } from "../../services/storage/encryption/local-key.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";

/** A ring of one key that nobody else has. */
export function freshRing(): KeyRing {
  return keyRing([localKey(randomBytes(32))]);
}

export async function encryptedUnit(below: ObjectStore, unit = "videos/v/"): Promise<ObjectStore> {
  const store = encryptStore(below, freshRing());
  await store.put(`${unit}record.json`, Buffer.from("{}"));
  const isOwn = (key: string): boolean => key !== "record.json";
  return {
    ...store,
    put: (key, bytes, options) => store.put(unit + key, bytes, options),
    copy: (from, to) => store.copy(unit + from, unit + to),
    get: (key) => store.get(unit + key),
    getRange: (key, start, end) => store.getRange(unit + key, start, end),
    head: (key) => store.head(unit + key),
    async list({ prefix, after, ...rest }) {
      const { objects, prefixes, next } = await store.list({ ...rest, prefix: unit + prefix, ...(after === undefined ? {} : { after: unit + after }) });
      const shown = (key: string): string => key.slice(unit.length);
      return { objects: objects.map(({ key, size }) => ({ key: shown(key), size })).filter(({ key }) => isOwn(key)), prefixes: prefixes.map(shown), ...(next === undefined ? {} : { next: shown(next) }) };
    },
    upload: (key, source, options) => store.upload(unit + key, source, options),
    remove: (key) => store.remove(unit + key),
    removePrefix: (folder) => store.removePrefix(folder === "" ? folder : unit + folder), // all of a store is no folder,
    erase: (what) => store.erase(what === "" ? what : unit + what),
    prune: (folder, options) => store.prune(folder === "" ? folder : unit + folder, options),
  };
}
