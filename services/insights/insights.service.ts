/**
 * insights: how videos are watched, as players report it: counts by video and day, in Redis and then in the store. It knows
 * no persons: who watches has a name for one day, and that is only counted. Any number may run.
 */
import { Readable } from "node:stream";
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import type { Revocations } from "../../config/access/grants.ts";
import { ANONYMOUS, reaches } from "../../config/access/permissions.ts";
import { loadConfig, type Config } from "../../config/config.ts";
import { errorMessage, fail } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { DEFAULT_TENANT, tenantOf } from "../../config/tenants.ts";
import { announce } from "../../mixins/announce.ts";
import { notePlayerReport, type PlayerReport } from "../../mixins/player-report.ts";
import { closeRedis, openRedis } from "../../mixins/redis.ts";
import { openWatchGuard, type WatchGuard } from "../../mixins/watch-guard.ts";
import type { LinkRevoked, PlanParams, VideoEventPayload, VideoIdParams, VideoState, WatchAnswer } from "../videos/videos.contract.ts";
import type { AskedDays, DayRange, ReportParams, UsageAnswer, UsageParams, VideoUsage, VideoUsageParams } from "./insights.contract.ts";
import { openKnownVideos, type KnownVideo, type KnownVideos } from "./known-videos.ts";
import { openUsage, type Usage } from "./open-usage.ts";
import { parseUsageReport, withinDuration, type UsageReport } from "./usage-report.ts";
import { openViewEvents, type ViewEvents } from "./view-events.ts";
import { viewUsage } from "./view-usage.ts";

export type InsightsSettings = Pick<Config, "usage" | "usageDays" | "usageFloor" | "redisUrl" | "namespace" | "region">;
interface State { videos: KnownVideos; guard: WatchGuard; events: ViewEvents; redis: Redis; usage: Usage }
interface Methods {
  findWatched(ctx: Context<{ id: string }>): Promise<KnownVideo>;
  askedOf(ctx: Context<UsageParams>): UsageParams & DayRange & { tenant: string };
}

const id = { type: "string", pattern: "^[0-9a-z]{26}$" } as const;
const day = { type: "string", pattern: "^2\\d{3}-\\d\\d-\\d\\d$", optional: true } as const;
const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const ofTenant = { from: day, to: day, tenant: { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,62}$", optional: true }, course: { type: "string", max: 1_000, optional: true } } as const;

export function insightsService({ usage, usageDays, usageFloor, redisUrl, namespace, region }: InsightsSettings, open = openRedis) {
  const schema: ServiceSchema<ServiceSettingSchema, Methods, State> = {
    name: "insights",
    dependencies: ["storage"],
    actions: {
      /** @throws usage_off, bad_request, plan_pending; video_not_found also for what the caller may not watch; what keeps the video from playing */
      report: {
        params: { id, report: "object", origin: { type: "object", props: { household: "string", agent: "string" } }, quiet: "boolean|optional" },
        async handler(ctx: Context<ReportParams>): Promise<void> {
          if (usage === "off") throw fail("usage_off", "How videos are watched is not counted here.");
          const { durationMs } = await this.findWatched(ctx);
          const { id: videoId, report: given, origin, quiet: isQuiet = false } = ctx.params;
          const whole = parseUsageReport(given);
          if (durationMs === undefined) throw fail("plan_pending", "The video is still being looked at.", { retryAfterSec: 5 });
          const report = withinDuration(whole, durationMs);
          this.events.progress(report, videoId);
          this.usage.take({ videoId, durationMs, report, viewer: { subject: (callerOf(ctx) ?? ANONYMOUS).subject, origin }, isQuiet, at: Date.now() });
        },
      },
      /** @throws video_not_found, also for another tenant's; video_deleted */
      video: {
        params: { id, from: day, to: day },
        async handler(ctx: Context<VideoUsageParams>): Promise<VideoUsage> {
          const { id: videoId } = ctx.params;
          const { from, to } = daysOf(ctx.params);
          const { access, title, course, durationMs = 0 } = await this.videos.get(videoId);
          if (!reaches(callerOf(ctx) ?? { subject: "node", roles: [] }, access.tenant)) throw fail("video_not_found", "There is no such video.");
          if (access.deleted) throw fail("video_deleted", "The video was deleted.");
          const about = { id: videoId, ...(title === undefined ? {} : { title }), ...(course === undefined ? {} : { course }), from, to };
          return viewUsage(about, durationMs, await this.usage.reader.days(videoId, from, to), usageFloor);
        },
      },
      /** A tenant's videos, the most watched first. @throws forbidden for another tenant's */
      videos: {
        params: { ...ofTenant, limit: { type: "number", integer: true, min: 1, max: 500, optional: true } },
        async handler(ctx: Context<UsageParams>): Promise<UsageAnswer> {
          return await this.usage.tenants.rank(this.askedOf(ctx));
        },
      },
      /** NDJSON as a stream, for a caller on this node, which takes it as fast as it can. @throws forbidden */
      export: {
        params: ofTenant,
        handler(ctx: Context<UsageParams>): Readable {
          return Readable.from(this.usage.tenants.lines(this.askedOf(ctx)), { objectMode: false });
        },
      },
      /** What this node was told goes into the store now. */
      write: {
        async handler(): Promise<void> {
          await this.usage.write();
        },
      },
    },
    events: {
      "link.revoked"(ctx: Context<LinkRevoked>) {
        const { videoId, ...revoked } = ctx.params;
        this.guard.note(videoId, revoked);
      },
      async "video.deleted"(ctx: Context<VideoEventPayload>) {
        const { videoId } = ctx.params;
        this.videos.forget(videoId);
        this.guard.forget(videoId);
        const state = await this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId }).catch(() => null);
        if (state !== null) await this.usage.forget(videoId, tenantOf(state.record), state.record.createdAt).catch((error: unknown) => this.logger.debug(`That a deleted video was watched is forgotten later: ${errorMessage(error)}`));
      },
      "video.reviewed"(ctx: Context<VideoEventPayload>) {
        this.videos.forget(ctx.params.videoId);
      },
    },
    methods: {
      /** @throws video_not_found, also for what the caller may not watch; what keeps the video from playing */
      async findWatched(ctx: Context<{ id: string }>): Promise<KnownVideo> {
        const caller = callerOf(ctx);
        const video = await this.videos.get(ctx.params.id, caller?.grant !== undefined);
        if (video.revoked !== undefined) this.guard.note(ctx.params.id, video.revoked);
        if (!(await this.guard.allows(caller, video.access, "play"))) throw fail("video_not_found", "There is no such video.");
        if (video.fault !== undefined) throw fail(video.fault.code, video.fault.message);
        return video;
      },
      askedOf(ctx: Context<UsageParams>): UsageParams & DayRange & { tenant: string } {
        const own = callerOf(ctx)?.tenant;
        const { tenant = own ?? DEFAULT_TENANT } = ctx.params;
        if (own !== undefined && own !== tenant) throw fail("forbidden", "The key is for another tenant's videos.");
        return { ...ctx.params, ...daysOf(ctx.params), tenant };
      },
    },
    async started() {
      const { broker } = this;
      this.videos = openKnownVideos({
        look: (videoId, links) => broker.call<WatchAnswer, PlanParams>("videos.plan", { id: videoId, watch: true, ...(links ? { links: true } : {}) }),
        state: (videoId) => broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId }),
      });
      this.guard = openWatchGuard((videoId) => broker.call<Revocations, VideoIdParams>("videos.revocations", { id: videoId }));
      this.events = openViewEvents({
        moved: (event) => announce(broker, "view.moved", event),
        progressed: (event) => announce(broker, "view.progressed", event),
        find: (videoId) => this.videos.get(videoId),
        now: Date.now,
      });
      this.redis = await open(redisUrl, this.logger);
      this.usage = openUsage({
        broker, redis: this.redis, keys: redisKeys(namespace), region, keptDays: usageDays, videos: this.videos,
        onCount: ({ report, videoId, isQuiet, at }, { started, mediaMs }) => {
          if (mediaMs > 0) notePlayerReport(broker, toPlayerReport(report));
          if (started) this.events.start(report, videoId, isQuiet, at).catch((error: unknown) => this.logger.debug(`That a view began was not said: ${errorMessage(error)}`));
        },
      });
    },
    async stopped() {
      await this.usage?.close(); // absent when started() failed
      closeRedis(this.redis);
    },
  };
  return schema;
}

function daysOf({ from, to = new Date().toISOString().slice(0, 10) }: AskedDays): DayRange {
  return { from: from ?? new Date(Date.parse(to) - (DEFAULT_DAYS - 1) * DAY_MS).toISOString().slice(0, 10), to };
}

function toPlayerReport({ startupMs, stallsMs, switchesUp, switchesDown }: UsageReport): PlayerReport {
  return { ...(startupMs === undefined ? {} : { startupSec: startupMs / 1_000 }), stallsSec: stallsMs.map((ms) => ms / 1_000), switchesUp, switchesDown };
}

export default insightsService(loadConfig(process.env));
