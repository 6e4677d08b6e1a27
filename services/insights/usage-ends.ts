/**
 * Ends days of which only the store knows: a Redis that was lost in the middle of one has forgotten whom to write, and what is
 * known so far goes to no other region. One node of a region looks once a day, at all that was watched in a month.
 */
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import type { Clock } from "../../mixins/clock.ts";
import { monthsOf } from "./tenant-usage.ts";
import { currentDay, nameOf, type OpenDay } from "./usage-days.ts";
import type { UsageStore } from "./usage-store.ts";

export interface EndPorts {
  store: Pick<UsageStore, "folders" | "watchedIn" | "parts" | "settle">;
  /** Days that Redis has: they are ended when they are written. */
  open(): Promise<OpenDay[]>;
  /** Up to which day all were ended; undefined: nobody knows. */
  endedUntil(): Promise<string | undefined>;
  noteEnded(day: string): Promise<void>;
  /** @returns what ends the lock; undefined when another has it */
  lock(): Promise<(() => Promise<void>) | undefined>;
  /** For which counts are kept. */
  keptDays: number;
  clock: Pick<Clock, "date">;
  logger: Pick<Logger, "warn">;
}

/** So far it is looked back: what one day cannot be ended is on the next. */
const MOST_DAYS = 31;
const AT_ONCE = 8;
const DAY_MS = 86_400_000;

/** @returns how many days of videos were ended. @throws while Redis or the store is away */
export async function endUsageDays(ports: EndPorts, signal?: AbortSignal): Promise<number> {
  const { store, open, endedUntil, noteEnded, lock, keptDays, clock, logger } = ports;
  const dayBefore = (days: number): string => currentDay(clock.date() - days * DAY_MS);
  const [from, to] = [dayBefore(Math.min(MOST_DAYS, keptDays)), dayBefore(1)];
  const isDone = async (): Promise<boolean> => ((await endedUntil()) ?? "") >= to;
  if (await isDone()) return 0;
  const unlock = await lock();
  if (unlock === undefined) return 0;
  let ended = 0;

  async function endVideo(videoId: string, month: string, isOpen: ReadonlySet<string>): Promise<void> {
    const [first, last] = [`${month}-01`, `${month}-31`];
    const parts = await store.parts(videoId, first > from ? first : from, last < to ? last : to);
    const days = new Set(parts.filter(({ day, isFinal }) => !isFinal && !isOpen.has(nameOf({ day, videoId }))).map(({ day }) => day));
    for (const day of days) {
      await store.settle(videoId, day);
      ended++;
    }
  }

  try {
    if (await isDone()) return 0; // another did, a moment ago
    const isOpen = new Set((await open()).map(nameOf));
    for (const tenant of await store.folders(objectKeys.allWatched)) {
      for (const month of monthsOf({ from, to })) {
        const ids = store.watchedIn(tenant, month);
        await Promise.all(Array.from({ length: AT_ONCE }, async () => {
          for await (const videoId of ids) {
            if (signal?.aborted === true) return;
            await endVideo(videoId, month, isOpen).catch((error: unknown) => logger.warn(`Days on which video ${videoId} was watched are ended tomorrow: ${errorMessage(error)}`));
          }
        }));
        if (signal?.aborted === true) return ended;
      }
    }
    await noteEnded(to);
    return ended;
  } finally {
    await unlock();
  }
}
