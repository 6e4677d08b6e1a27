/**
 * Looks at the load every few seconds, sees to it that what was measured is kept, and that the region has an outlook that
 * all its nodes share. Every node measures; who holds the lease for a moment writes. A node that dies costs what it alone
 * knew, which is nothing where another measures.
 */
import type { Redis } from "ioredis";
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import type { Clock } from "../../mixins/clock.ts";
import { withoutRedis } from "../../mixins/redis.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import type { Outlook } from "./capacity.contract.ts";
import { makeOutlook } from "./desired/outlook.ts";
import { mergeWishes, parseWishes, type Wish } from "./desired/steady.ts";
import type { Sizing } from "./desired/transcoders-for.ts";
import type { Lecture } from "./forecast/lectures.ts";
import type { LocalTime } from "./forecast/local-time.ts";
import { dayOf, type LoadSlot } from "./load/load-slot.ts";
import type { LoadHistory } from "./load/load-history.ts";
import { openSlotMeter, type LoadLook } from "./load/slot-meter.ts";
import { countOn, isCountDue } from "./stored/count-store.ts";
import { formatCounts, mergeCounts, parseCounts, parseCountsObject, parseRunning, type RunningCount, type StoredCount } from "./stored/stored-counts.ts";

export interface KeeperOptions {
  region: string;
  sizing: Omit<Sizing, "slotsEach">;
  /** Of a transcoder, where the region has never had one. */
  slotsEach: number;
  leadMs: number;
  local: LocalTime;
  clock: Clock;
  history: LoadHistory;
  storage: Pick<StorageCalls, "get" | "put" | "list">;
  /** Object in which it is kept what the store held. */
  countsObject: string;
  redis: Redis;
  outlookKey: string;
  logger: Logger;
  /** Undefined: there are transcoders, and none has told of its load yet. */
  look(): Promise<LoadLook | undefined>;
  /** Of the weeks before and the day to come. */
  lectures(): Promise<readonly Lecture[]>;
  lock(): Promise<(() => Promise<void>) | undefined>;
  onOutlook(outlook: Outlook): void;
}

const LOOK_MS = 10_000;
const OUTLOOK_MS = 60_000;
/** Who finds one that is older makes it itself. */
const STALE_MS = 3 * OUTLOOK_MS;
const SAVE_MS = 3_600_000;
const SWEEP_MS = 24 * 3_600_000;
const NOTHING: LoadLook = { play: 0, background: 0, cpu: 0, slots: 0, transcoders: 0, queued: undefined };

interface Shared { outlook: Outlook; wishes: Wish[]; savedAt: number; sweptAt: number; slotsEach: number; counts: StoredCount[]; counting: RunningCount | undefined }

export function openKeeper(options: KeeperOptions) {
  const { clock, history, storage, countsObject, redis, outlookKey, logger } = options;
  const meter = openSlotMeter();
  let latest = NOTHING;
  let known: Shared | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let ends: (() => void)[] = [];

  /** What the nodes share, with what this one asked for and could not share: without Redis, or one that lost it, it goes by what it knew. */
  async function readShared(): Promise<Shared | undefined> {
    const text = await withoutRedis(() => redis.get(outlookKey), null, logger);
    const found = text === null ? undefined : parseShared(text);
    return found === undefined ? known : { ...found, wishes: mergeWishes(found.wishes, known?.wishes ?? []) };
  }

  const measured = (): LoadSlot[] => [...meter.finished()];

  async function make(before: Shared | undefined): Promise<{ shared: Shared; slots: LoadSlot[] }> {
    const now = clock.date();
    const current = meter.current();
    const slots = await history.read(now, current === undefined ? measured() : [...measured(), current]);
    const { region, local, sizing, leadMs } = options;
    const slotsEach = before?.slotsEach ?? options.slotsEach;
    const { outlook, wishes } = makeOutlook({ region, now, local, slots, look: latest, lectures: await options.lectures(), sizing, slotsEach, leadMs, wishes: before?.wishes ?? [] });
    const each = latest.transcoders > 0 ? latest.slots / latest.transcoders : slotsEach;
    known = { outlook, wishes, savedAt: before?.savedAt ?? 0, sweptAt: before?.sweptAt ?? 0, slotsEach: each, counts: before?.counts ?? [], counting: before?.counting };
    return { slots, shared: known };
  }

  /** Measures, and does what is due: as whoever has the lease does it, or nobody if another has it. */
  async function tend(): Promise<void> {
    const look = await options.look();
    const before = await readShared();
    if (before !== undefined) options.onOutlook(before.outlook);
    if (look === undefined) return;
    latest = look;
    meter.add(clock.date(), latest, LOOK_MS / 1000);
    const isAsItWas = before?.outlook.now.transcoders === latest.transcoders;
    if (before !== undefined && isAsItWas && clock.date() - before.outlook.at < OUTLOOK_MS && before.outlook.at <= clock.date()) return;
    const release = await options.lock();
    if (release === undefined) return;
    try {
      const { shared } = await make(before);
      await share(shared); // before anything is kept: who follows it does not wait for the store
      options.onOutlook(shared.outlook);
      await keep(shared);
      await share(shared);
    } finally {
      await release();
    }
  }

  const share = (shared: Shared): Promise<unknown> => withoutRedis(() => redis.set(outlookKey, JSON.stringify(shared), "PX", SAVE_MS), null, logger);

  /** What the store does not take now it is given with the next outlook. */
  async function keep(shared: Shared): Promise<void> {
    const later = (what: string) => (error: unknown): void => logger.warn(`${what} in a moment: ${errorMessage(error)}`);
    await history.note(measured()).catch(later("What was measured is noted"));
    await keepDays(shared).catch(later("The day's load is kept"));
    await count(shared).catch(later("What the store holds is counted on"));
  }

  async function keepDays(shared: Shared): Promise<void> {
    const now = clock.date();
    const savedAt = shared.savedAt > now ? 0 : shared.savedAt; // by a clock that went ahead
    if (now - savedAt < SAVE_MS && dayOf(now) === dayOf(savedAt)) return;
    const days = new Set([dayOf(savedAt === 0 ? now - SAVE_MS : Math.max(savedAt, now - 2 * SWEEP_MS)), dayOf(now)]);
    for (const day of days) await history.keepDay(day, measured());
    shared.savedAt = now;
    if (now - shared.sweptAt < SWEEP_MS && shared.sweptAt <= now) return;
    await history.sweep(now);
    shared.sweptAt = now;
  }

  /** Counts the store on, where a count goes on or is due. What it comes to lies in the store, for it outlives Redis. */
  async function count(shared: Shared): Promise<void> {
    const now = clock.date();
    if (shared.counting === undefined) {
      shared.counts = beforeNow(now, shared.counts.length === 0 ? parseCountsObject(await storage.get(countsObject)) : shared.counts);
      if (!isCountDue(shared.counts.at(-1)?.at, now)) return;
    }
    const step = await countOn(storage, shared.counting, () => clock.date());
    shared.counting = "running" in step ? step.running : undefined;
    if (!("done" in step)) return;
    shared.counts = beforeNow(clock.date(), mergeCounts(parseCountsObject(await storage.get(countsObject)), shared.counts, [step.done]));
    await storage.put(countsObject, formatCounts(shared.counts), false);
  }

  return {
    begin(): void {
      let isBusy = false;
      const run = (): void => {
        if (isBusy) return; // Redis or the store takes its time; the next look stands for this one, too
        isBusy = true;
        running = tend().catch((error: unknown) => logger.warn(`The load is looked at again in a moment: ${errorMessage(error)}`)).finally(() => { isBusy = false; });
      };
      ends = [clock.every(LOOK_MS, run)];
      run();
    },
    /** What is done every few seconds. */
    tend,
    /** Shared by the region's nodes, a minute old at most while they live. */
    async outlook(): Promise<Outlook> {
      const shared = await readShared();
      if (shared !== undefined && Math.abs(clock.date() - shared.outlook.at) < STALE_MS) return { ...shared.outlook };
      return (await make(shared)).shared.outlook;
    },
    async all(): Promise<{ outlook: Outlook; slots: LoadSlot[]; slotsEach: number; counts: StoredCount[] }> {
      const { shared, slots } = await make(await readShared());
      return { outlook: shared.outlook, slots, slotsEach: shared.slotsEach, counts: shared.counts };
    },
    async close(): Promise<void> {
      for (const end of ends) end();
      await running;
      await history.note(measured());
    },
  };
}

/** A count of a clock that went ahead would be the latest for as long. */
const beforeNow = (now: number, counts: readonly StoredCount[]): StoredCount[] => counts.filter(({ at }) => at <= now);

/** Undefined: it is not what this version writes. */
function parseShared(text: string): Shared | undefined {
  try {
    const value = JSON.parse(text) as Partial<Shared> | null;
    if (typeof value?.outlook?.at !== "number" || !Array.isArray(value.outlook.forecast)) return undefined;
    const count = (one: unknown): number => (typeof one === "number" && Number.isFinite(one) ? one : 0);
    return { outlook: value.outlook, wishes: parseWishes(value.wishes), savedAt: count(value.savedAt), sweptAt: count(value.sweptAt), slotsEach: Math.max(1, count(value.slotsEach)), counts: parseCounts(value.counts), counting: parseRunning(value.counting) };
  } catch {
    return undefined;
  }
}

export type Keeper = ReturnType<typeof openKeeper>;
