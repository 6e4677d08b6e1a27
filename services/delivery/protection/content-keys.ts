/** The content keys of videos that were asked for lately. They are written once, so what was read stays true. */
import { LRUCache } from "lru-cache";
import { fail } from "../../../config/errors.ts";
import { upTo } from "../../../config/lru-room.ts";
import { parseContentKey, type ContentKey } from "../../../mixins/content-key.ts";

const MAX_KEYS = 2_000;

/** @param read the object of a video's key, or null */
export function openContentKeys(read: (id: string) => Promise<Uint8Array | null>) {
  const known = new LRUCache<string, ContentKey>(upTo(MAX_KEYS));
  return {
    /** Of a video that is protected. @throws not_ready when the key is not there: without it nothing of the video is sent */
    async get(id: string): Promise<ContentKey> {
      const cached = known.get(id);
      if (cached !== undefined) return cached;
      const object = await read(id);
      const key = object === null ? undefined : parseContentKey(object);
      if (key === undefined) throw fail("not_ready", "The video's content key is not here.");
      known.set(id, key);
      return key;
    },
    forget(id: string): void {
      known.delete(id);
    },
  };
}

export type ContentKeys = ReturnType<typeof openContentKeys>;
