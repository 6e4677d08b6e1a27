/** An object store that forgets: for tests of whatever uses one. It passes the same contract suite as the real ones. */
import type { Readable } from "node:stream";
import { finishedPrefix, formatPage, isAfter, pageLimit, type ListItem } from "../../services/storage/listing.ts";
import { meterUpload } from "../../services/storage/metered-upload.ts";
import { checkErased, checkFolder, checkKey, checkPrefix, compareKeys } from "../../services/storage/object-key.ts";
import { readLength, type ObjectStore } from "../../services/storage/object-store.ts";
import { probeStore } from "../../services/storage/probe-store.ts";
import { NOTHING_ERASED, type ListParams } from "../../services/storage/storage.contract.ts";

/** `objects` is what it holds, to be looked at and changed by tests. */
export function memoryStore(objects = new Map<string, Buffer>()): ObjectStore & { objects: Map<string, Buffer> } {
  const times = new Map<string, number>();
  const set = (key: string, bytes: Buffer): void => {
    objects.set(key, bytes);
    times.set(key, Date.now());
  };
  const find = (key: string): Buffer | undefined => {
    checkKey(key);
    return objects.get(key);
  };
  const store: ObjectStore = {
    async put(key, bytes, { ifAbsent = false } = {}) {
      if (find(key) !== undefined && ifAbsent) return { stored: false };
      set(key, Buffer.from(bytes));
      return { stored: true };
    },
    async copy(from, to) {
      const [source, there] = [find(from), find(to)];
      if (source === undefined) return undefined;
      if (there === undefined) objects.set(to, Buffer.from(source));
      return { copied: there === undefined, size: (there ?? source).length };
    },
    async get(key) {
      const found = find(key);
      return found && Buffer.from(found);
    },
    async getRange(key, start, end) {
      readLength(start, end);
      const found = find(key);
      return found && Buffer.from(found.subarray(start, Math.max(start, end)));
    },
    async head(key) {
      const found = find(key);
      return found && { size: found.length, modifiedAt: times.get(key) ?? 0 };
    },
    async list(params: ListParams) {
      checkPrefix(params.prefix);
      const names = new Map<string, ListItem>();
      for (const key of objects.keys()) {
        if (!key.startsWith(params.prefix) || !isAfter(key, params)) continue;
        const name = finishedPrefix({ ...params, after: key }) ?? key;
        names.set(name, { kind: name === key ? "object" : "prefix", name });
      }
      const items = [...names.values()].sort((a, b) => compareKeys(a.name, b.name));
      const limit = pageLimit(params.limit);
      return formatPage(items.slice(0, limit), new Map([...objects].map(([key, bytes]) => [key, bytes.length])), items.length > limit);
    },
    async upload(key, source: Readable, { maxBytes, unhashed = false }) {
      try {
        checkKey(key);
        const metered = meterUpload(source, maxBytes, !unhashed);
        const chunks: Buffer[] = [];
        for await (const chunk of metered.chunks) chunks.push(chunk);
        set(key, Buffer.concat(chunks));
        return metered.result();
      } catch (error) {
        source.destroy();
        throw error;
      }
    },
    async remove(key) {
      checkKey(key);
      objects.delete(key);
    },
    async removePrefix(folder) {
      checkFolder(folder);
      const doomed = [...objects.keys()].filter((key) => key.startsWith(folder));
      for (const key of doomed) objects.delete(key);
      return doomed.length;
    },
    async erase(what) {
      checkErased(what);
      return { ...NOTHING_ERASED, objects: what.endsWith("/") ? await store.removePrefix(what) : Number(objects.delete(what)) };
    },
    async prune(folder) {
      checkFolder(folder);
      return NOTHING_ERASED;
    },
    probe: () => probeStore(store),
    sweep: async () => 0,
    close: async () => undefined,
  };
  return { ...store, objects };
}
