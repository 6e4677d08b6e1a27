/** How a tenant's videos were watched: ranked, or all of it, a line a video and day. */
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import type { DayRange, RankedVideo, UsageAnswer, UsageParams, UsageTotals } from "./insights.contract.ts";
import type { KnownVideo } from "./known-videos.ts";
import { sumDays, type UsageReader } from "./usage-reader.ts";
import type { UsageStore } from "./usage-store.ts";
import { totalsOf } from "./view-usage.ts";

export interface TenantPorts {
  store: Pick<UsageStore, "watchedIn" | "unmark">;
  /** Of days that are only in Redis so far. */
  open(): Promise<{ day: string; videoId: string }[]>;
  reader: UsageReader;
  /** @throws video_not_found */
  find(videoId: string): Promise<KnownVideo>;
  log(line: string): void;
}

type Asked = DayRange & { tenant: string; course?: string };

const MAX_VIDEOS = 2_000;
const DEFAULT_LIMIT = 50;
const AT_ONCE = 8;
const NOTHING: UsageTotals = { views: 0, viewers: 0, watchSec: 0, completions: 0 };

/** The months of a range, as in 2026-11, oldest first. */
export function monthsOf({ from, to }: DayRange): string[] {
  const months: string[] = [];
  for (let [year, month] = [Number(from.slice(0, 4)), Number(from.slice(5, 7))]; ; month === 12 ? [year, month] = [year + 1, 1] : month++) {
    const name = `${year}-${String(month).padStart(2, "0")}`;
    if (name > to.slice(0, 7)) return months;
    months.push(name);
  }
}

export function tenantUsage({ store, open, reader, find, log }: TenantPorts) {
  /** Those that were watched in the months of the range, each once, without those that are gone. */
  async function* videos({ tenant, course, ...range }: Asked): AsyncGenerator<{ id: string; video: KnownVideo }> {
    const seen = new Set<string>();
    async function* ids(): AsyncGenerator<[string, string | undefined]> {
      for (const month of monthsOf(range)) for await (const id of store.watchedIn(tenant, month)) yield [id, month];
      for (const { day, videoId } of await open()) if (day >= range.from && day <= range.to) yield [videoId, undefined];
    }
    for await (const [id, month] of ids()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const video = await find(id).catch((error: unknown) => {
        if (findErrorCode(error) !== "video_not_found") throw error;
        return undefined;
      });
      const isGone = video === undefined || video.access.deleted;
      if (isGone && month !== undefined) await store.unmark(tenant, month, id).catch((error: unknown) => log(`A mark of a deleted video stays: ${errorMessage(error)}`));
      if (!isGone && video.access.tenant === tenant && (course === undefined || video.course === course)) yield { id, video };
    }
  }

  async function rankOne({ id, video: { title, course, durationMs } }: { id: string; video: KnownVideo }, { from, to }: DayRange): Promise<RankedVideo> {
    return {
      id, ...(title === undefined ? {} : { title }), ...(course === undefined ? {} : { course }), ...(durationMs === undefined ? {} : { durationSec: durationMs / 1_000 }),
      ...totalsOf(sumDays(await reader.days(id, from, to))),
    };
  }

  return {
    async rank({ limit = DEFAULT_LIMIT, ...asked }: Asked & Pick<UsageParams, "limit">): Promise<UsageAnswer> {
      const found: { id: string; video: KnownVideo }[] = [];
      let isPartial = false;
      for await (const one of videos(asked)) {
        isPartial = found.length === MAX_VIDEOS;
        if (isPartial) break;
        found.push(one);
      }
      const ranked: RankedVideo[] = [];
      for (let at = 0; at < found.length; at += AT_ONCE) ranked.push(...(await Promise.all(found.slice(at, at + AT_ONCE).map((one) => rankOne(one, asked)))));
      const watched = ranked.filter(({ views, watchSec }) => views > 0 || watchSec > 0).toSorted((a, b) => b.watchSec - a.watchSec || (a.id < b.id ? -1 : 1));
      const { from, to, tenant, course } = asked;
      return {
        tenant, ...(course === undefined ? {} : { course }), from, to, totals: watched.reduce(addTotals, NOTHING), videos: watched.slice(0, limit),
        ...(watched.length > limit ? { more: true } : {}), ...(isPartial ? { partial: true } : {}),
      };
    },
    /** NDJSON: a line a video and day, with no more than one video in memory. */
    async* lines(asked: Asked): AsyncGenerator<string> {
      for await (const { id, video: { title, course, durationMs } } of videos(asked)) {
        for (const one of await reader.days(id, asked.from, asked.to)) {
          const counts = [...one.tally].filter(([name]) => !name.includes("."));
          yield `${JSON.stringify({ day: one.day, videoId: id, tenant: asked.tenant, title, course, durationMs, viewers: one.viewers, ...Object.fromEntries(counts) })}\n`;
        }
      }
    },
  };
}

const addTotals = (sum: UsageTotals, one: UsageTotals): UsageTotals => ({ views: sum.views + one.views, viewers: sum.viewers + one.viewers, watchSec: Math.round(1_000 * (sum.watchSec + one.watchSec)) / 1_000, completions: sum.completions + one.completions });

export type TenantUsage = ReturnType<typeof tenantUsage>;
