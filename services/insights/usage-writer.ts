/**
 * Writes what is counted to the store, once a minute, on one node of a region at a time: what Redis loses then is a minute.
 * Who dies in between is followed by any other, and what is written twice is the same.
 */
import { LRUCache } from "lru-cache";
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import type { Clock } from "../../mixins/clock.ts";
import { currentDay, nameOf, type OpenDay, type UsageDays } from "./usage-days.ts";
import type { UsageStore } from "./usage-store.ts";

export interface WriterPorts {
  days: UsageDays;
  store: UsageStore;
  /** Whose the video is; undefined: it is deleted. */
  findTenant(videoId: string): Promise<string | undefined>;
  /** @returns what ends the lock; undefined when another has it */
  lock(): Promise<(() => Promise<void>) | undefined>;
  clock: Pick<Clock, "after" | "date" | "random">;
  logger: Pick<Logger, "debug" | "warn">;
}

const EVERY_MS = 60_000;
const AT_ONCE = 8;
const MAX_KNOWN = 20_000;

export function openUsageWriter({ days, store, findTenant, lock, clock, logger }: WriterPorts) {
  const marked = new LRUCache<string, true>(upTo(MAX_KNOWN));
  /** What this node wrote last, by day and epoch. */
  const last = new LRUCache<string, number>(upTo(MAX_KNOWN));
  let writing: Promise<void> = Promise.resolve();
  let closed = false;
  let cancel = (): void => undefined;

  async function writeDay(one: OpenDay, isOver: boolean): Promise<void> {
    const { day, videoId } = one;
    const counted = await days.find(one);
    if (counted === undefined) return await days.written(one, undefined, true);
    const { epoch, n } = counted;
    const tenant = await findTenant(videoId);
    if (tenant === undefined || !(await store.write(videoId, day, epoch, n, counted, isOver))) return await days.written(one, n, true);
    const mark = `${tenant}/${day.slice(0, 7)}/${videoId}`;
    if (!marked.has(mark)) await store.mark(tenant, day, videoId);
    marked.set(mark, true);
    if (isOver) await store.settle(videoId, day);
    const before = last.get(`${nameOf(one)} ${epoch}`);
    if (!isOver && before !== undefined && before < n) await store.removeSoFar(videoId, day, epoch, before);
    last.set(`${nameOf(one)} ${epoch}`, n);
    await days.written(one, n, isOver);
  }

  async function writeAll(): Promise<void> {
    const unlock = await lock();
    if (unlock === undefined) return;
    try {
      const today = currentDay(clock.date());
      const over = (await days.open()).filter(({ day }) => day < today);
      const work = [...over.map((one) => ({ one, isOver: true })), ...(await days.dirty()).filter(({ day }) => day >= today).map((one) => ({ one, isOver: false }))];
      for (let at = 0; at < work.length && !closed; at += AT_ONCE) {
        await Promise.all(work.slice(at, at + AT_ONCE).map(async ({ one, isOver }) => {
          await writeDay(one, isOver).catch((error: unknown) => logger.warn(`How video ${one.videoId} was watched is written later: ${errorMessage(error)}`));
        }));
      }
    } finally {
      await unlock();
    }
  }

  /** Never rejects. */
  function write(): Promise<void> {
    writing = writing.then(writeAll).catch((error: unknown) => logger.debug(`How videos were watched is written later: ${errorMessage(error)}`));
    return writing;
  }

  function plan(): void {
    cancel = clock.after(EVERY_MS * (0.75 + clock.random() / 2), () => void write().then(() => { if (!closed) plan(); }));
  }
  plan();

  return {
    write,
    async close(): Promise<void> {
      closed = true;
      cancel();
      await writing;
    },
  };
}

export type UsageWriter = ReturnType<typeof openUsageWriter>;
