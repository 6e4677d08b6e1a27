/**
 * How videos were watched, as the store has it: an object a video, day and region, below the video's own folder, so that it is
 * encrypted with it and goes with it. Objects are written once; of one epoch the one after the most merges says all.
 */
import { objectKeys } from "../../config/object-keys.ts";
import { putPart, type StorageCalls } from "../../mixins/storage-calls.ts";
import { parseTally, type Tally } from "./tally.ts";

/** A region's counts of a video on a day, as far as they had come when `n` merges had been made. */
export interface DayPart { day: string; region: string; epoch: string; n: number; key: string; isFinal: boolean }
export interface DayUsage { durationMs: number; viewers: number; tally: Tally }

type Storage = Pick<StorageCalls, "get" | "put" | "list" | "remove" | "removePrefix" | "erase">;

const NAME = /^(\d{4}-\d\d-\d\d)\/(so-far\/)?([^/]+)\.([0-9a-f]{16})\.(\d{10})\.json$/;
const SO_FAR = "so-far/";

export function usageStore(storage: Storage, region: string) {
  async function* names(folder: string, from?: string): AsyncGenerator<string> {
    let after = from === undefined ? undefined : `${folder}${from}`;
    do {
      const page = await storage.list(folder, after, false);
      for (const { key } of page.objects) yield key.slice(folder.length);
      after = page.next;
    } while (after !== undefined);
  }

  /** Of each epoch what says most. @param from, to days, both included */
  async function parts(videoId: string, from: string, to: string): Promise<DayPart[]> {
    const folder = objectKeys.allUsage(videoId);
    const best = new Map<string, DayPart>();
    for await (const name of names(folder, from)) {
      const [, day = "", soFar, of = "", epoch = "", n = ""] = NAME.exec(name) ?? [];
      if (day === "") continue;
      if (day > to) break;
      const part = { day, region: of, epoch, n: Number(n), key: folder + name, isFinal: soFar === undefined };
      const known = best.get(`${day} ${of} ${epoch}`);
      if (known === undefined || part.n > known.n || (part.n === known.n && part.isFinal)) best.set(`${day} ${of} ${epoch}`, part);
    }
    return [...best.values()];
  }

  return {
    parts,
    names,
    async read({ key }: DayPart): Promise<DayUsage | undefined> {
      const bytes = await storage.get(key);
      return bytes === null ? undefined : parseDay(bytes);
    },
    /** @param isOver the day is @returns false when the video is deleted */
    async write(videoId: string, day: string, epoch: string, n: number, usage: DayUsage, isOver: boolean): Promise<boolean> {
      const key = isOver ? objectKeys.usage(videoId, day, region, epoch, n) : objectKeys.usageSoFar(videoId, day, region, epoch, n);
      return (await putPart(storage, videoId, key, formatDay(usage))) !== "gone";
    },
    /** What is known better since. */
    removeSoFar: (videoId: string, day: string, epoch: string, n: number) => storage.remove(objectKeys.usageSoFar(videoId, day, region, epoch, n)),
    /** Ends a day: what an epoch that was lost had said so far stays, under its last name. Twice does no harm. */
    async settle(videoId: string, day: string): Promise<void> {
      const lost = (await parts(videoId, day, day)).filter(({ isFinal }) => !isFinal);
      for (const part of lost) {
        const bytes = await storage.get(part.key);
        if (bytes !== null) await putPart(storage, videoId, objectKeys.usage(videoId, day, part.region, part.epoch, part.n), bytes);
      }
      await storage.removePrefix(`${objectKeys.usageDay(videoId, day)}${SO_FAR}`);
    },
    /** A mark, by which a tenant's videos are found that were watched. */
    mark: async (tenant: string, day: string, videoId: string): Promise<void> => void (await storage.put(objectKeys.watched(tenant, day.slice(0, 7), videoId), Buffer.from("{}"), false)),
    unmark: async (tenant: string, month: string, videoId: string): Promise<void> => void (await storage.erase(objectKeys.watched(tenant, month, videoId))),
    /** Ids of a tenant's videos that were watched in a month. */
    watchedIn: (tenant: string, month: string): AsyncGenerator<string> => names(objectKeys.watchedIn(tenant, month)),
    /** Removes a day of a video, for good. */
    removeDay: (videoId: string, day: string) => storage.erase(objectKeys.usageDay(videoId, day)),
    /** Names right below a folder. */
    async folders(folder: string): Promise<string[]> {
      const found: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await storage.list(folder, after, true);
        found.push(...page.prefixes.map((prefix) => prefix.slice(folder.length).replace(/\/$/, "")));
        if (page.next === undefined) return found;
        after = page.next;
      }
    },
  };
}

export type UsageStore = ReturnType<typeof usageStore>;

function formatDay({ durationMs, viewers, tally }: DayUsage): Buffer {
  return Buffer.from(JSON.stringify({ version: 1, durationMs, viewers, counts: Object.fromEntries(tally) }));
}

function parseDay(bytes: Buffer): DayUsage {
  const { durationMs, viewers, counts } = JSON.parse(bytes.toString("utf8")) as { durationMs: number; viewers: number; counts: Record<string, number> };
  return { durationMs, viewers, tally: parseTally(counts) };
}
