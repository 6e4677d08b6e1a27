/**
 * Keeps the list of videos whole. Redis may have been started empty while nodes run, have lost its last words, or have been away
 * when a video was posted. So the store's ids are held against the list soon after Redis was started, and every six hours, by one node of the region.
 */
import type { Redis } from "ioredis";
import type { Logger } from "moleculer";
import type { RedisKeys } from "../../config/redis-keys.ts";
import { errorMessage } from "../../config/errors.ts";
import type { Clock } from "../../mixins/clock.ts";
import type { Catalog } from "./catalog.ts";
import { passUnreadable } from "./unreadable.ts";
import type { VideoStore } from "./video-store.ts";

export interface WholeCatalogPorts {
  redis: Pick<Redis, "info" | "get" | "set" | "expire" | "del">;
  keys: Pick<RedisKeys, "catalogWhole" | "catalogLook">;
  store: Pick<VideoStore, "allIds" | "find">;
  catalog: Pick<Catalog, "add" | "lacking">;
  clock: Clock;
  logger: Pick<Logger, "info" | "warn" | "debug">;
}

const TICK_MS = 10_000;
const WHOLE_SEC = 6 * 3_600;
/** Longer than a page or a video takes. What cannot be looked at now is tried again after it. */
const LOOK_SEC = 60;
const PAGE = 500;

/** @returns ends it, when what runs has ended */
export function keepCatalogWhole(ports: WholeCatalogPorts): () => Promise<void> {
  const { clock, logger } = ports;
  const closing = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  let cancel = (): void => undefined;
  const look = async (): Promise<void> => {
    try {
      const added = await makeCatalogWhole(ports, closing.signal);
      if (added > 0) logger.info(`The list of videos lacked ${added} that the store has.`);
    } catch (error) {
      logger.debug(`Whether the list of videos is whole is looked at again: ${errorMessage(error)}`);
    }
    if (!closing.signal.aborted) plan();
  };
  const plan = (): void => { cancel = clock.after(TICK_MS * (0.5 + clock.random()), () => { looking = look(); }); };
  plan();
  return async () => {
    closing.abort();
    cancel();
    await looking;
  };
}

/** @returns how many were missing; 0 also when it was found whole in this run of Redis, or another node looks */
export async function makeCatalogWhole({ redis, keys, store, catalog, logger }: WholeCatalogPorts, signal?: AbortSignal): Promise<number> {
  const run = /^run_id:(\w+)/m.exec(await redis.info("server"))?.[1] ?? "unknown";
  if ((await redis.get(keys.catalogWhole)) === run) return 0;
  if ((await redis.set(keys.catalogLook, run, "EX", LOOK_SEC, "NX")) === null) return 0;
  let added = 0;
  const bring = async (ids: readonly string[]): Promise<void> => {
    for (const id of await catalog.lacking(ids)) {
      await redis.expire(keys.catalogLook, LOOK_SEC);
      const state = await store.find(id).catch(passUnreadable(logger));
      if (state === undefined || state.deleted) continue;
      await catalog.add(state.record);
      added++;
    }
  };
  let page: string[] = [];
  for await (const id of store.allIds()) {
    if (signal?.aborted === true) return added;
    page.push(id);
    if (page.length < PAGE) continue;
    await redis.expire(keys.catalogLook, LOOK_SEC);
    await bring(page);
    page = [];
  }
  if (page.length > 0) await bring(page);
  await redis.set(keys.catalogWhole, run, "EX", WHOLE_SEC);
  await redis.del(keys.catalogLook);
  return added;
}
