/**
 * Which segments are in the object store, and which were refused: a Redis bitmap a rendition each. It may be behind or
 * lost; `recount` makes it anew from a listing of the store, which is the truth.
 */
import type { Redis } from "ioredis";
import { objectKeys } from "../../config/object-keys.ts";
import type { RedisKeys } from "../../config/redis-keys.ts";
import type { ListResult } from "../storage/storage.contract.ts";

export type ListObjects = (prefix: string, after: string | undefined) => Promise<ListResult>;

export function storedIndex(redis: Redis, keys: RedisKeys, listObjects: ListObjects) {
  return segmentIndex(redis, listObjects, { bitmap: keys.stored, folder: objectKeys.rendition, file: /\/(\d+)\.m4s$/ });
}

export function refusedIndex(redis: Redis, keys: RedisKeys, listObjects: ListObjects) {
  return segmentIndex(redis, listObjects, { bitmap: keys.refused, folder: objectKeys.refusals, file: /\/(\d+)\.json$/ });
}

interface Place {
  bitmap(videoId: string, rendition: string): string;
  folder(videoId: string, rendition: string): string;
  /** Objects that count; the number is the segment's. */
  file: RegExp;
}

function segmentIndex(redis: Redis, listObjects: ListObjects, { bitmap: keyOf, folder, file }: Place) {
  return {
    async mark(videoId: string, rendition: string, segment: number): Promise<void> {
      await redis.setbit(keyOf(videoId, rendition), segment, 1);
    },
    /** Tells of each segment whether it is there. */
    async read(videoId: string, rendition: string): Promise<(segment: number) => boolean> {
      const bitmap = (await redis.getBuffer(keyOf(videoId, rendition))) ?? Buffer.alloc(0);
      return (segment) => ((bitmap[segment >> 3] ?? 0) & (0x80 >> (segment & 7))) !== 0;
    },
    /** How many of the first `count` segments are there. */
    async count(videoId: string, rendition: string, count: number): Promise<number> {
      return count === 0 ? 0 : await redis.bitcount(keyOf(videoId, rendition), 0, count - 1, "BIT");
    },
    /** Reads the store, and puts right what the bitmap has wrong. Segments that came meanwhile keep their mark. */
    async recount(videoId: string, rendition: string): Promise<Set<number>> {
      const key = keyOf(videoId, rendition);
      const marked = await this.read(videoId, rendition);
      const stored = new Set<number>();
      let after: string | undefined;
      do {
        const page: ListResult = await listObjects(folder(videoId, rendition), after);
        for (const { key: name } of page.objects) {
          const match = file.exec(name);
          if (match?.[1] !== undefined) stored.add(Number(match[1]));
        }
        after = page.next;
      } while (after !== undefined);
      const length = (await redis.strlen(key)) * 8;
      const pipeline = redis.pipeline();
      for (const segment of stored) if (!marked(segment)) pipeline.setbit(key, segment, 1);
      for (let segment = 0; segment < length; segment++) if (marked(segment) && !stored.has(segment)) pipeline.setbit(key, segment, 0);
      await pipeline.exec();
      return stored;
    },
    async remove(videoId: string, renditions: readonly string[]): Promise<void> {
      if (renditions.length > 0) await redis.del(...renditions.map((rendition) => keyOf(videoId, rendition)));
    },
  };
}

/** Which segments nobody has to make: those that are stored, and those that were refused. */
export function settledIndex(stored: StoredIndex, refused: StoredIndex) {
  return async (videoId: string, rendition: string): Promise<(segment: number) => boolean> => {
    const [isStored, isRefused] = await Promise.all([stored.read(videoId, rendition), refused.read(videoId, rendition)]);
    return (segment) => isStored(segment) || isRefused(segment);
  };
}

/** Puts right what that goes by, from the store: it lacks what a node did as it died. */
export function recountSettled(stored: StoredIndex, refused: StoredIndex) {
  return async (videoId: string, rendition: string): Promise<void> => {
    await Promise.all([stored.recount(videoId, rendition), refused.recount(videoId, rendition)]);
  };
}

export type StoredIndex = ReturnType<typeof storedIndex>;

/** Numbers of the sheets of previews that the store has: a few at most, so that one page has them all. */
export async function listSheets(videoId: string, listObjects: ListObjects): Promise<number[]> {
  const { objects } = await listObjects(objectKeys.allSheets(videoId), undefined);
  return objects.flatMap(({ key }) => {
    const sheet = /\/(\d+)\.jpg$/.exec(key)?.[1];
    return sheet === undefined ? [] : [Number(sheet)];
  });
}
