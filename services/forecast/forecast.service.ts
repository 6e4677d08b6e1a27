/**
 * forecast: has made, and into memory, what viewers are about to begin, before they ask: lecture hours of a timetable, and what
 * comes after what is watched now. Only with what a region has to spare, within a budget. Any number may run; one at a time acts.
 */
import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig, type Config } from "../../config/config.ts";
import { errorMessage, fail } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import { registerMetrics } from "../../config/metrics/register-metrics.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { DEFAULT_TENANT, tenantOf } from "../../config/tenants.ts";
import type { Plan } from "../../media/plan.ts";
import { announceToAll } from "../../mixins/announce.ts";
import { systemClock } from "../../mixins/clock.ts";
import { closeRedis, openRedis, withoutRedis } from "../../mixins/redis.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import type { SegmentsExpected } from "../cache/cache.contract.ts";
import type { ViewMoved, ViewProgressed } from "../insights/insights.contract.ts";
import type { SegmentWatched, WarmParams, WarmResult } from "../scheduler/scheduler.contract.ts";
import type { VideoEventPayload, VideoIdParams, VideoState } from "../videos/videos.contract.ts";
import { openAudience, type Audience } from "./audience.ts";
import { bellsBetween } from "./bells.ts";
import type { Bell, BellsParams, KeptEntry, PutTimetableParams, TimetableAnswer, TimetableParams } from "./forecast.contract.ts";
import { openForecaster, type Forecaster } from "./forecaster.ts";
import { coursePlaceOf, type CoursePlace } from "./lectures.ts";
import { forecastMemory, type ForecastMemory } from "./memory.ts";
import { OPENING_SEC } from "./opening.ts";
import { nextBell, parseTimetable } from "./timetable.ts";
import { openTimetables, type Timetables } from "./timetables.ts";
import { followingOf } from "./transitions.ts";
import { hasSettled } from "./watching.ts";

export type ForecastSettings = Pick<Config, "redisUrl" | "namespace" | "region" | "forecastCpuSec" | "forecastBytes"> & { /** Between two looks, in ms. */ tickMs?: number };
interface Known { tenant: string; plan?: Plan; place?: CoursePlace }
interface Settings extends ServiceSettingSchema { namespace: string }
interface State { redis: Redis; memory: ForecastMemory; audience: Audience; timetables: Timetables; forecaster: Forecaster; known: LRUCache<string, Known>; watched: LRUCache<string, true>; stopTicking: () => void; ticking: Promise<void> | undefined }
interface Methods {
  tenantOf(ctx: Context<TimetableParams>): string;
  look(videoId: string): Promise<Known | undefined>;
  learn(work: () => Promise<void>): Promise<void>;
  living(tenant: string, course: string, find: () => Promise<string | undefined>): Promise<string | undefined>;
  watching(videoId: string): Promise<void>;
  view(tenant: string, entries: readonly KeptEntry[]): TimetableAnswer;
}

const TICK_MS = 2_000;
/** A viewer who tells of nothing for so long has left, or stopped. */
const WATCHING_MS = 60_000;
/** What watchers of a video are followed by is thought about so often. */
const THOUGHT_MS = 20_000;
const KNOWN_MS = 60_000;
/** So old timetables may be for those who count. */
const BELLS_AGE_MS = 60_000;
/** Deleted lectures of a course that are passed over at once. */
const MAX_DELETED = 10;
const TENANT = { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,62}$", optional: true } as const;

export function forecastService({ redisUrl, namespace, region, forecastCpuSec, forecastBytes, tickMs = TICK_MS }: ForecastSettings, open = openRedis) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "forecast",
    settings: { namespace },
    dependencies: ["storage"],
    actions: {
      /** @throws forbidden for another tenant's */
      timetable: {
        params: { tenant: TENANT },
        async handler(ctx: Context<TimetableParams>): Promise<TimetableAnswer> {
          const tenant = this.tenantOf(ctx);
          return this.view(tenant, await this.timetables.get(tenant));
        },
      },
      /** When lectures begin, of all tenants, for which somebody said how many are expected. */
      bells: {
        params: { from: "number", to: "number" },
        async handler(ctx: Context<BellsParams>): Promise<Bell[]> {
          return bellsBetween((await this.timetables.all(BELLS_AGE_MS)).values(), ctx.params.from, ctx.params.to);
        },
      },
      /** Takes the place of the one that there was. @throws bad_request; forbidden for another tenant's */
      putTimetable: {
        params: { tenant: TENANT, entries: "any" },
        async handler(ctx: Context<PutTimetableParams>): Promise<TimetableAnswer> {
          const tenant = this.tenantOf(ctx);
          const entries = parseTimetable(ctx.params.entries);
          await this.timetables.put(tenant, entries);
          return this.view(tenant, entries);
        },
      },
    },
    events: {
      async "video.planned"(ctx: Context<VideoEventPayload>) {
        await this.learn(async () => void (await this.look(ctx.params.videoId)));
      },
      async "video.deleted"(ctx: Context<VideoEventPayload>) {
        const { videoId } = ctx.params;
        const known = this.known.get(videoId);
        this.known.delete(videoId);
        await this.learn(() => this.memory.forget(videoId, known?.place === undefined ? undefined : { tenant: known.tenant, course: known.place.course }));
      },
      async "view.moved"(ctx: Context<ViewMoved>) {
        const { fromVideoId, toVideoId } = ctx.params;
        await this.learn(async () => {
          if (fromVideoId !== undefined) await this.memory.noteMove(fromVideoId, toVideoId);
          await this.forecaster.used(toVideoId);
        });
      },
      async "view.progressed"(ctx: Context<ViewProgressed>) {
        if (hasSettled(ctx.params.position)) await this.watching(ctx.params.videoId);
      },
      /** Of players that tell nothing of themselves. */
      async "segment.watched"(ctx: Context<SegmentWatched>) {
        const { videoId, rendition, segment } = ctx.params;
        if (this.known.get(videoId)?.plan === undefined) await this.learn(async () => void (await this.look(videoId)));
        const known = this.known.get(videoId);
        if (known?.plan === undefined) return;
        const startSec = (known.plan.boundaries[segment] ?? 0) / known.plan.timescale;
        if (startSec < OPENING_SEC) this.audience.note({ tenant: known.tenant, course: known.place?.course }, rendition);
        if (segment === 0) await this.learn(() => this.forecaster.used(videoId));
        if (hasSettled(startSec)) await this.watching(videoId);
      },
    },
    methods: {
      tenantOf(ctx: Context<TimetableParams>): string {
        const own = callerOf(ctx)?.tenant;
        const { tenant = own ?? DEFAULT_TENANT } = ctx.params;
        if (own !== undefined && own !== tenant) throw fail("forbidden", "The key is for another tenant's timetable.");
        return tenant;
      },
      view(tenant: string, entries: readonly KeptEntry[]): TimetableAnswer {
        return { tenant, entries: entries.map(({ since: _since, ...entry }) => {
          const bell = nextBell(entry, Date.now());
          return { ...entry, ...(bell === undefined ? {} : { next: new Date(bell).toISOString() }) };
        }) };
      },
      /** A video as it is in this region; what its labels say of its course is noted. */
      async look(videoId: string): Promise<Known | undefined> {
        const before = this.known.get(videoId);
        if (before !== undefined) return before;
        const state = await this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId });
        if (state === null || state.deleted) return undefined;
        const place = coursePlaceOf(state.record.labels);
        const known: Known = { tenant: tenantOf(state.record), ...(state.plan === undefined ? {} : { plan: state.plan }), ...(place === undefined ? {} : { place }) };
        if (place !== undefined) await this.memory.noteLecture(known.tenant, place.course, place.order, videoId);
        if (known.plan !== undefined) this.known.set(videoId, known);
        return known;
      },
      /** The first lecture that is found and has not been deleted; those that have are forgotten. */
      async living(tenant: string, course: string, find: () => Promise<string | undefined>): Promise<string | undefined> {
        for (let looks = 0; looks < MAX_DELETED; looks++) {
          const found = await find();
          if (found === undefined || (await this.look(found)) !== undefined) return found;
          await this.memory.forget(found, { tenant, course });
        }
        return undefined;
      },
      /** What is not learnt is learnt another time. */
      async learn(work: () => Promise<void>): Promise<void> {
        try {
          await withoutRedis(work, undefined, this.logger);
        } catch (error) {
          this.logger.debug(`A forecast learnt nothing: ${errorMessage(error)}`);
        }
      },
      /** While somebody watches, their next video is expected; when nobody tells of it any more, that runs out. */
      async watching(videoId: string): Promise<void> {
        if (this.watched.has(videoId)) return;
        this.watched.set(videoId, true);
        await this.learn(async () => {
          const known = await this.look(videoId);
          if (known === undefined) return;
          const { tenant, place } = known;
          const next = place === undefined ? undefined : await this.living(tenant, place.course, () => this.memory.lectureAfter(tenant, place.course, place.order));
          const now = Date.now();
          for (const { videoId: following, chance } of followingOf(await this.memory.movesFrom(videoId), next)) {
            await this.memory.expect({ videoId: following, from: videoId, neededAt: now, until: now + WATCHING_MS, weight: chance });
          }
        });
      },
    },
    created() {
      this.known = new LRUCache({ ...upTo(500), ttl: KNOWN_MS });
      this.watched = new LRUCache({ ...upTo(10_000), ttl: THOUGHT_MS });
      this.audience = openAudience();
    },
    async started() {
      const { broker } = this;
      const metrics = registerMetrics(broker, "forecast");
      this.redis = await open(redisUrl, this.logger);
      this.memory = forecastMemory(this.redis, redisKeys(namespace));
      this.timetables = openTimetables(storageCalls(broker), Date.now, this.logger);
      this.forecaster = openForecaster({
        memory: { ...this.memory, lastLecture: (tenant, course) => this.living(tenant, course, () => this.memory.lastLecture(tenant, course)) }, timetables: this.timetables, now: Date.now,
        plan: async (videoId, tenant) => {
          const known = await this.look(videoId);
          return known === undefined || (tenant !== undefined && known.tenant !== tenant) ? undefined : known.plan;
        },
        shares: (videoId) => {
          const known = this.known.get(videoId);
          return known === undefined ? {} : this.audience.sharesOf({ tenant: known.tenant, course: known.place?.course });
        },
        warm: (params) => broker.call<WarmResult, WarmParams>("scheduler.warm", params),
        unwarm: (id) => broker.call<void, VideoIdParams>("scheduler.unwarm", { id }),
        expect: (expected) => announceToAll(broker, "segments.expected", { region, ...expected } satisfies SegmentsExpected),
        count: (what, seconds, bytes) => {
          metrics.add("lectern_forecast_seconds_total", seconds, { what });
          metrics.add("lectern_forecast_bytes_total", bytes, { what });
        },
      }, { cpuSec: forecastCpuSec, bytes: forecastBytes });
      if (forecastCpuSec === 0) return;
      this.stopTicking = systemClock.every(tickMs, () => {
        this.ticking ??= (async () => {
          if (await this.memory.elect(broker.nodeID, tickMs * 0.9)) await this.forecaster.tick();
        })().catch((error: unknown) => this.logger.debug(`Nothing was forecast: ${errorMessage(error)}`)).finally(() => { this.ticking = undefined; });
      });
    },
    async stopped() {
      this.stopTicking?.(); // absent when started() failed
      await this.ticking;
      closeRedis(this.redis);
    },
  };
  return schema;
}

export default forecastService(loadConfig(process.env));
