/**
 * What a region's load was, for weeks: in Redis as it comes, and one object a day in the region's store, written anew
 * with all that is known of the day. Whoever writes merges, and the better measured wins: doing it twice, or at the same
 * time, gives the same, and what one lost another still has.
 */
import type { Redis } from "ioredis";
import type { Logger } from "moleculer";
import { objectKeys } from "../../../config/object-keys.ts";
import type { RedisKeys } from "../../../config/redis-keys.ts";
import { withoutRedis } from "../../../mixins/redis.ts";
import type { StorageCalls } from "../../../mixins/storage-calls.ts";
import { better, dayOf, DAY_MS, formatDay, formatSlot, mergeSlots, parseDay, parseEntries, SLOT_MS, type LoadSlot } from "./load-slot.ts";

/** Days that are kept. */
export const KEPT_DAYS = 56;
/** Days that a node reads at once. */
const AT_ONCE = 8;
/** However many a fault has left there. */
const MAX_OBJECTS = 10_000;

export interface LoadHistoryOptions {
  region: string;
  redis: Redis;
  keys: RedisKeys;
  storage: Pick<StorageCalls, "get" | "put" | "list" | "remove">;
  logger: Logger;
}

export function openLoadHistory({ region, redis, keys, storage, logger }: LoadHistoryOptions) {
  /** Days that are over, as they were read: they change no more. */
  const over = new Map<string, LoadSlot[]>();
  const objectOf = (day: string): string => objectKeys.capacityDay(region, day);

  const fromRedis = (day: string): Promise<LoadSlot[]> => withoutRedis(async () => parseEntries(day, Object.entries(await redis.hgetall(keys.load(region, day)))), [], logger);

  async function toRedis(day: string, slots: readonly LoadSlot[]): Promise<void> {
    if (slots.length === 0) return;
    const key = keys.load(region, day);
    await withoutRedis(async () => {
      await redis.hset(key, Object.fromEntries(slots.map((slot) => [String((slot.at % DAY_MS) / 60_000), formatSlot(slot)])));
      await redis.expire(key, ((KEPT_DAYS + 1) * DAY_MS) / 1000);
    }, undefined, logger);
  }

  /** What Redis has lost the store has. @throws when the store does not answer, so that a day that cannot be read is not taken for an empty one */
  async function readDay(day: string, listed: () => Promise<ReadonlySet<string>>): Promise<LoadSlot[]> {
    const quick = await fromRedis(day);
    if (quick.length > 0 || !(await listed()).has(objectOf(day))) return quick;
    const kept = parseDay(day, await storage.get(objectOf(day)));
    await toRedis(day, kept);
    return kept;
  }

  async function listObjects(): Promise<string[]> {
    const found: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await storage.list(objectKeys.capacityDays(region), after, false);
      found.push(...page.objects.map(({ key }) => key));
      if (page.next === undefined || found.length >= MAX_OBJECTS) return found;
      after = page.next;
    }
  }
  function openListing(): () => Promise<ReadonlySet<string>> {
    let listing: Promise<ReadonlySet<string>> | undefined;
    return () => (listing ??= listObjects().then((objects) => new Set(objects)));
  }

  return {
    /** Keeps slots that are over. A day that Redis has lost comes back first, else what is new would stand for all of it. @returns how many were new, or better than what there was */
    async note(slots: readonly LoadSlot[]): Promise<number> {
      let noted = 0;
      const listed = openListing();
      for (const [day, own] of Map.groupBy(slots, ({ at }) => dayOf(at))) {
        const known = new Map((await readDay(day, listed)).map((slot) => [slot.at, slot]));
        const fresh = own.filter((slot) => isBetter(slot, known.get(slot.at)));
        await toRedis(day, fresh);
        if (fresh.length > 0) over.delete(day);
        noted += fresh.length;
      }
      return noted;
    },
    /** Writes the object of a day anew. @param own what this node measured of it, which Redis may have lost */
    async keepDay(day: string, own: readonly LoadSlot[]): Promise<void> {
      const kept = parseDay(day, await storage.get(objectOf(day)));
      const all = mergeSlots(kept, await fromRedis(day), own.filter(({ at }) => dayOf(at) === day));
      const bytes = formatDay(all);
      if (all.length > 0 && !bytes.equals(formatDay(kept))) await storage.put(objectOf(day), bytes, false);
      await toRedis(day, all);
    },
    /** Removes what is too old, where as many days are newer: by a clock that went ahead all of it would be too old. */
    async sweep(nowMs: number): Promise<void> {
      const oldest = objectOf(dayOf(nowMs - KEPT_DAYS * DAY_MS));
      const before = (await listObjects()).toSorted().slice(0, -KEPT_DAYS);
      for (const key of before) if (key < oldest) await storage.remove(key);
    },
    /** All that is known, oldest first. A day that cannot be read now is left out, and read the next time. */
    async read(nowMs: number, own: readonly LoadSlot[]): Promise<LoadSlot[]> {
      const today = dayOf(nowMs);
      const days = Array.from({ length: KEPT_DAYS }, (_, n) => dayOf(nowMs - n * DAY_MS));
      for (const day of over.keys()) if (!days.includes(day)) over.delete(day);
      const listed = openListing();
      const lists: LoadSlot[][] = [];
      for (let at = 0; at < days.length; at += AT_ONCE) {
        lists.push(...await Promise.all(days.slice(at, at + AT_ONCE).map(async (day) => {
          const known = over.get(day);
          if (known !== undefined) return known;
          try {
            const found = await readDay(day, listed);
            if (day !== today && nowMs % DAY_MS > 2 * SLOT_MS) over.set(day, found); // the last slots of yesterday may still come
            return found;
          } catch (error) {
            logger.debug(`The load of ${day} cannot be read now:`, error);
            return [];
          }
        })));
      }
      return mergeSlots(...lists, own);
    },
  };
}

/** What reads the same is not. */
function isBetter(slot: LoadSlot, known: LoadSlot | undefined): boolean {
  return known === undefined || (formatSlot(known) !== formatSlot(slot) && better(known, slot) === slot);
}

export type LoadHistory = ReturnType<typeof openLoadHistory>;
