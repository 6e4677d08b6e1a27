/**
 * Reads that fall back to other regions' stores. What is absent here is looked for elsewhere only where somebody else is
 * known to keep it: a segment that nobody has made is the common miss of a video of this region, and must cost nothing.
 * Of a video of another region one look there is cheaper than to make a segment anew. What was found is kept here, too.
 */
import { LRUCache } from "lru-cache";
import type { Logger } from "moleculer";
import { errorMessage, fail, findErrorCode } from "../../../config/errors.ts";
import { upTo } from "../../../config/lru-room.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { ObjectStore } from "../object-store.ts";
import { copyObject, createCopy } from "./copy-object.ts";
import { keepers, type Placements } from "./placements.ts";
import type { RegionLink } from "./region-link.ts";
import { findRule } from "./replication-rules.ts";
import type { HeadResult } from "../storage.contract.ts";

export interface ReadOptions {
  own: ObjectStore;
  ownName: string;
  /** Nearest first. */
  links: readonly RegionLink[];
  placements: Pick<Placements, "find">;
  /** `found`, `absent` or `failed`, of a look elsewhere. */
  onLook(region: string, result: "found" | "absent" | "failed"): void;
  logger: Pick<Logger, "debug">;
}

const isUnitKey = (key: string): boolean => key.startsWith(objectKeys.allUnitKeys);
const LOOK_MS = 3_000;
/** Whoever asks for ids that nobody has must not keep the others' stores busy. */
const MAX_LOOKS = 64;
const KEPT_MISSES = 20_000;
/** A player that waits for a plan asks again after half a second. */
const MISS_HOLDS_MS = 400;
const MEDIA_MISS_HOLDS_MS = 3_000;

export function regionalReads({ own, ownName, links, placements, onLook, logger }: ReadOptions) {
  const misses = new LRUCache<string, true>(upTo(KEPT_MISSES));
  const repairs = new Set<Promise<unknown>>();
  let looks = 0;

  /** Who may have what is absent here. */
  async function findHolders(key: string): Promise<readonly RegionLink[]> {
    if (isUnitKey(key)) return misses.has(key) ? [] : links; // its record, which says where it belongs, is read with it
    const rule = findRule(key);
    if (rule === undefined || misses.has(key)) return [];
    if (rule.urgency === 1 || key === objectKeys.record(rule.videoId ?? "")) return links;
    if (rule.videoId === undefined || !key.startsWith(objectKeys.video(rule.videoId))) return []; // all regions are sent it
    const placement = await placements.find(rule.videoId);
    if (placement === undefined || (placement.worker === ownName && placement.home === ownName)) return [];
    const names = keepers(placement, ownName);
    return names.flatMap((name) => links.filter(({ region }) => region.name === name)); // who works on it first
  }

  /** What the first of `holders` that has it answers, and whose answer it is; undefined answer: they say that it is absent. */
  async function look<T>(key: string, holders: readonly RegionLink[], read: (store: ObjectStore) => Promise<T | undefined>): Promise<{ link?: RegionLink; found?: T; answered: boolean }> {
    let answered = false;
    let silent: string | undefined;
    for (const link of holders) {
      if (link.isAway()) {
        silent = link.region.name;
        continue;
      }
      try {
        const found = await link.use(read, LOOK_MS);
        answered = true;
        onLook(link.region.name, found === undefined ? "absent" : "found");
        if (found !== undefined) return { link, found, answered };
      } catch (error) {
        silent = link.region.name;
        onLook(link.region.name, "failed");
        logger.debug(`${key} was not read from ${link.region.name}: ${errorMessage(error)}`);
      }
    }
    // A source that only a dark region has is not gone: who works on it waits.
    if (silent !== undefined && findRule(key)?.urgency === 1) throw fail("storage_unavailable", `The upload may be in the region ${silent}, which does not answer.`);
    if (answered) misses.set(key, true, { ttl: findRule(key)?.urgency === 2 ? MEDIA_MISS_HOLDS_MS : MISS_HOLDS_MS });
    return { answered };
  }

  async function find<T>(key: string, read: (store: ObjectStore) => Promise<T | undefined>, keep: (link: RegionLink, found: T) => Promise<void>): Promise<T | undefined> {
    let failure: unknown;
    try {
      const found = await read(own);
      if (found !== undefined) return found;
    } catch (error) {
      if (findErrorCode(error) !== "storage_unavailable" || (findRule(key) === undefined && !isUnitKey(key))) throw error;
      failure = error;
    }
    const holders = failure === undefined ? await findHolders(key) : links;
    if (holders.length === 0) return undefined;
    if (looks >= MAX_LOOKS) throw fail("overloaded", "Too much is being looked for in other regions.", { retryAfterSec: 1 });
    looks++;
    try {
      const { link, found, answered } = await look(key, holders, read);
      if (link !== undefined && found !== undefined) {
        if (failure === undefined) await keep(link, found);
        return found;
      }
      // Of a record that may just not have been copied, an absence elsewhere is no answer.
      if (failure !== undefined && (!answered || key.endsWith("/record.json") || isUnitKey(key))) throw failure;
      return undefined;
    } finally {
      looks--;
    }
  }

  /** Nobody waits for it, and should it fail, the next reader looks elsewhere again. */
  function repair(key: string, work: Promise<unknown>): void {
    const told = work.catch((error: unknown) => logger.debug(`${key} could not be kept here: ${errorMessage(error)}`));
    repairs.add(told);
    void told.finally(() => repairs.delete(told));
  }

  return {
    get: (key: string): Promise<Buffer | undefined> => find(key, (store) => store.get(key), async (_link, bytes) => repair(key, createCopy(own, key, bytes))),
    /** Of a source, which may be long, only the part is read. */
    getRange: (key: string, start: number, end: number): Promise<Buffer | undefined> => find(key, (store) => store.getRange(key, start, end), async () => undefined),
    /** What is said to be there is there when this answers: who counts segments lists the own store. */
    head: (key: string): Promise<HeadResult | undefined> => find(key, (store) => store.head(key), async (link) => {
      if (findRule(key)?.urgency === 2) await link.use((store) => copyObject(store, own, key), LOOK_MS);
    }),
    async close(): Promise<void> {
      await Promise.all(repairs);
    },
  };
}

export type RegionalReads = ReturnType<typeof regionalReads>;
