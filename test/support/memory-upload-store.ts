/** What uploads need of `storage`, in memory. */
import { createHash } from "node:crypto";
import { fail } from "../../config/errors.ts";
import type { UploadStore } from "../../services/source/uploads/stored-uploads.ts";

export function memoryUploadStore({ pageSize = 1000 } = {}): { store: UploadStore; objects: Map<string, Buffer>; /** When each was written, in ms since 1970. */ times: Map<string, number> } {
  const objects = new Map<string, Buffer>();
  const times = new Map<string, number>();
  const set = (key: string, bytes: Buffer): void => {
    objects.set(key, bytes);
    times.set(key, Date.now());
  };
  const store: UploadStore = {
    async upload(key, stream) {
      const pieces: Buffer[] = [];
      for await (const piece of stream) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      set(key, bytes);
      return { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
    },
    async put(key, bytes) {
      set(key, bytes);
    },
    async create(key, bytes) {
      if (objects.has(key)) return false;
      set(key, bytes);
      return true;
    },
    get: async (key) => objects.get(key) ?? null,
    async readRange(key, start, end) {
      const bytes = objects.get(key);
      if (bytes === undefined) throw fail("upload_not_found", "The upload is no longer there.");
      return bytes.subarray(start, end);
    },
    findTime: async (key) => times.get(key),
    async list(prefix, after) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && (after === undefined || key > after)).sort();
      const page = keys.slice(0, pageSize);
      const next = keys.length > page.length ? page.at(-1) : undefined;
      return { objects: page.map((key) => ({ key, size: objects.get(key)?.length ?? 0 })), prefixes: [], ...(next === undefined ? {} : { next }) };
    },
    async removePrefix(prefix) {
      for (const key of objects.keys()) if (key.startsWith(prefix)) objects.delete(key);
    },
    async erase(folder) {
      await store.removePrefix(folder);
    },
  };
  return { store, objects, times };
}
