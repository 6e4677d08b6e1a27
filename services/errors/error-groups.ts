/** Groups of failures in the region's Redis: hashes, and an index of them by when they were last seen. Bounded, and may be lost. */
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../config/redis-keys.ts";
import { parseGroup, summaryOf } from "./parse-group.ts";
import type { ErrorState, ErrorSummary, ErrorView, FailureBatch, ListErrorsParams } from "./errors.contract.ts";

/** `perCode`: groups with one code, beside that of the rest. `names`: nodes, regions, versions of a group. */
export interface GroupLimits { ttl: number; told: number; groups: number; perCode: number; names: number; videos: number }
const LIMITS: GroupLimits = { ttl: 30 * 86_400_000, told: 600_000, groups: 500, perCode: 50, names: 20, videos: 50 };

const READ_AT_ONCE = 100;

interface Entry { id: string; last: number }
type News = { id: string; news: "opened" | "regressed" }[];
interface Scripts { lecternErrorsRecord(...args: string[]): Promise<string[]>; lecternErrorsChange(...args: string[]): Promise<number> }

const read = (name: string): string => readFileSync(new URL(`lua/${name}.lua`, import.meta.url), "utf8");

/** All reject while Redis is away. */
export function openErrorGroups(redis: Redis, keys: RedisKeys, now: () => number = Date.now, limits: Partial<GroupLimits> = {}) {
  redis.defineCommand("lecternErrorsRecord", { numberOfKeys: 2, lua: read("record") });
  redis.defineCommand("lecternErrorsChange", { numberOfKeys: 1, lua: read("change") });
  const scripts = redis as unknown as Scripts;

  async function find(id: string): Promise<ErrorView | undefined> {
    return parseGroup(id, await redis.hgetall(keys.errorGroup(id)), now());
  }

  /** All that are there, the last seen first. */
  async function entries({ code, cursor }: ListErrorsParams): Promise<Entry[]> {
    const flat = await redis.zrevrange(keys.errorIndex, 0, -1, "WITHSCORES");
    const all = Array.from({ length: flat.length / 2 }, (_, n) => ({ id: flat[2 * n] ?? "", last: Number(flat[2 * n + 1]) }));
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    return all.filter(({ id, last }) => (code === undefined || id.startsWith(`${code}-`)) && (after === undefined || last < after.last || (last === after.last && id < after.id)));
  }

  function passes(view: ErrorView, { state, service, video }: ListErrorsParams): boolean {
    return (state === undefined || view.state === state) && (service === undefined || view.service === service) && (video === undefined || view.videos.includes(video));
  }

  return {
    find,
    /** @returns what an operator should hear of */
    async record(batch: FailureBatch): Promise<News> {
      const told = await scripts.lecternErrorsRecord(keys.errorIndex, keys.errorsTold(batch.batch), keys.errorGroup(""), String(now()), JSON.stringify(batch), JSON.stringify({ ...LIMITS, ...limits }));
      return Array.from({ length: told.length / 2 }, (_, n) => ({ id: told[2 * n] ?? "", news: told[2 * n + 1] === "regressed" ? "regressed" : "opened" }));
    },
    /** @returns false when there is no such group */
    async change(id: string, state: ErrorState): Promise<boolean> {
      return (await scripts.lecternErrorsChange(keys.errorGroup(id), state, String(now()))) === 1;
    },
    /** All of them, the last seen first. */
    async all(): Promise<ErrorView[]> {
      const views: ErrorView[] = [];
      const every = await entries({});
      for (let from = 0; from < every.length; from += READ_AT_ONCE) views.push(...(await Promise.all(every.slice(from, from + READ_AT_ONCE).map(({ id }) => find(id)))).filter((view) => view !== undefined));
      return views;
    },
    async list(params: ListErrorsParams, limit: number): Promise<{ errors: ErrorSummary[]; next?: string }> {
      const errors: ErrorSummary[] = [];
      let last: Entry | undefined;
      const all = await entries(params);
      for (let from = 0; from < all.length; from += READ_AT_ONCE) {
        const some = all.slice(from, from + READ_AT_ONCE);
        const views = await Promise.all(some.map(({ id }) => find(id)));
        for (const [n, view] of views.entries()) {
          if (view === undefined || !passes(view, params)) continue;
          if (errors.length === limit) return { errors, ...(last === undefined ? {} : { next: `${last.last}.${last.id}` }) };
          errors.push(summaryOf(view));
          last = some[n];
        }
      }
      return { errors };
    },
  };
}

export type ErrorGroups = ReturnType<typeof openErrorGroups>;

function parseCursor(cursor: string): { last: number; id: string } {
  const dot = cursor.indexOf(".");
  return { last: Number(cursor.slice(0, dot)), id: cursor.slice(dot + 1) };
}
