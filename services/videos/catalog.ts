/** The list of videos, newest first: a Redis sorted set of ids by time of creation, rebuilt from the store when lost. */
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../config/redis-keys.ts";
import { fail } from "../../config/errors.ts";
import { tenantOf } from "../../config/tenants.ts";
import type { VideoRecord } from "./videos.contract.ts";

/** How many videos may have been made in the same millisecond. */
const TIED = 100;

export interface CatalogPage { ids: string[]; next?: string }

/** Of a video's record. */
type Listed = Pick<VideoRecord, "id" | "createdAt" | "tenant">;

export function catalog(redis: Redis, keys: RedisKeys) {
  const listsOf = (video: Listed): string[] => [keys.catalog, keys.tenantCatalog(tenantOf(video))];
  return {
    /** Last on the list of all: who is on that is on its tenant's, also in a Redis that lost its last words. */
    async add(video: Listed): Promise<void> {
      await Promise.all(listsOf(video).toReversed().map((list) => redis.zadd(list, Date.parse(video.createdAt), video.id)));
    },
    async remove(video: Listed): Promise<void> {
      await Promise.all(listsOf(video).map((list) => redis.zrem(list, video.id)));
    },
    /** Those of `ids`, of which there must be some, that are not on the list. */
    async lacking(ids: readonly string[]): Promise<string[]> {
      const scores = await redis.zmscore(keys.catalog, ...ids);
      return ids.filter((_, index) => scores[index] === null);
    },
    async isEmpty(): Promise<boolean> {
      return (await redis.exists(keys.catalog)) === 0;
    },
    /** @param cursor a page's `next` @param tenant undefined: of all of them @throws bad_request for any other cursor */
    async page(limit: number, cursor: string | undefined, tenant?: string): Promise<CatalogPage> {
      const list = tenant === undefined ? keys.catalog : keys.tenantCatalog(tenant);
      const from = cursor === undefined ? undefined : parseCursor(cursor);
      const offset = from === undefined ? 0 : await positionAfter(list, from.id, from.createdMs);
      const found = await redis.zrange(list, offset, offset + limit, "REV", "WITHSCORES");
      const ids = found.filter((_, index) => index % 2 === 0);
      const scores = found.filter((_, index) => index % 2 === 1);
      const last = ids[limit - 1];
      return ids.length > limit ? { ids: ids.slice(0, limit), next: `${scores[limit - 1]}-${last}` } : { ids };
    },
    /** Oldest first. @param after a page's `next`, which is the last id that it looked at @param tenant undefined: of all of them */
    async createdBefore(beforeMs: number, limit: number, tenant?: string, after?: string): Promise<CatalogPage> {
      const list = tenant === undefined ? keys.catalog : keys.tenantCatalog(tenant);
      const last = after === undefined ? undefined : parseCursor(after);
      const found = await redis.zrange(list, last?.createdMs ?? "-inf", `(${beforeMs}`, "BYSCORE", "LIMIT", 0, limit + TIED, "WITHSCORES");
      const entries = found.flatMap((id, index) => (index % 2 === 0 ? [{ id, createdMs: Number(found[index + 1]) }] : []));
      const fresh = entries.filter(({ id, createdMs }) => last === undefined || createdMs > last.createdMs || id > last.id);
      const page = fresh.slice(0, limit);
      const end = page.at(-1);
      return { ids: page.map(({ id }) => id), ...(fresh.length > limit && end !== undefined ? { next: `${end.createdMs}-${end.id}` } : {}) };
    },
    /** Those of `ids` that are one of the tenants'. */
    async inTenants(ids: readonly string[], tenants: readonly string[]): Promise<Set<string>> {
      if (ids.length === 0) return new Set();
      const scores = await Promise.all(tenants.map((tenant) => redis.zmscore(keys.tenantCatalog(tenant), ...ids)));
      return new Set(ids.filter((_, index) => scores.some((of) => of[index] !== null)));
    },
  };

  /** Where the page after `id` starts, also when `id` has been deleted meanwhile. */
  async function positionAfter(list: string, id: string, createdMs: number): Promise<number> {
    const rank = await redis.zrevrank(list, id);
    if (rank !== null) return rank + 1;
    const [later, tied] = await Promise.all([redis.zcount(list, `(${createdMs}`, "+inf"), redis.zrangebyscore(list, createdMs, createdMs)]);
    return later + tied.filter((other) => other > id).length; // of one millisecond Redis gives the greater id first
  }
}

export type Catalog = ReturnType<typeof catalog>;

function parseCursor(cursor: string): { createdMs: number; id: string } {
  const match = /^(\d{1,15})-([0-9a-z]{26})$/.exec(cursor);
  if (match?.[1] === undefined || match[2] === undefined) throw fail("bad_request", "cursor is not one that a list gave.");
  return { createdMs: Number(match[1]), id: match[2] };
}
