/**
 * insights: how videos are watched, as players report it. It knows no persons: what it tells others is about videos. Any
 * number may run.
 */
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import type { Revocations } from "../../config/access/grants.ts";
import { loadConfig, type Config } from "../../config/config.ts";
import { fail } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { announce } from "../../mixins/announce.ts";
import { openWatchGuard, type WatchGuard } from "../../mixins/watch-guard.ts";
import type { LinkRevoked, PlanParams, VideoEventPayload, VideoIdParams, VideoState, WatchAnswer } from "../videos/videos.contract.ts";
import type { ReportParams } from "./insights.contract.ts";
import { openKnownVideos, type KnownVideo, type KnownVideos } from "./known-videos.ts";
import { parseUsageReport, withinDuration } from "./usage-report.ts";
import { openViewEvents, type ViewEvents } from "./view-events.ts";

export type InsightsSettings = Pick<Config, "usage">;
interface State { videos: KnownVideos; guard: WatchGuard; events: ViewEvents }
interface Methods { findWatched(ctx: Context<{ id: string }>): Promise<KnownVideo> }

const id = { type: "string", pattern: "^[0-9a-z]{26}$" } as const;

export function insightsService({ usage }: InsightsSettings) {
  const schema: ServiceSchema<ServiceSettingSchema, Methods, State> = {
    name: "insights",
    dependencies: ["storage"],
    actions: {
      /** @throws usage_off, bad_request, plan_pending; video_not_found also for what the caller may not watch; what keeps the video from playing */
      report: {
        params: { id, report: "object", origin: { type: "object", props: { household: "string", agent: "string" } }, quiet: "boolean|optional" },
        async handler(ctx: Context<ReportParams>): Promise<void> {
          if (usage === "off") throw fail("usage_off", "How videos are watched is not counted here.");
          const video = await this.findWatched(ctx);
          const { report: given, quiet = false } = ctx.params;
          const { durationMs } = video;
          const report = parseUsageReport(given);
          if (durationMs === undefined) throw fail("plan_pending", "The video is still being looked at.", { retryAfterSec: 5 });
          await this.events.note(withinDuration(report, durationMs), video, quiet);
        },
      },
    },
    events: {
      "link.revoked"(ctx: Context<LinkRevoked>) {
        const { videoId, ...revoked } = ctx.params;
        this.guard.note(videoId, revoked);
      },
      "video.deleted"(ctx: Context<VideoEventPayload>) {
        this.videos.forget(ctx.params.videoId);
        this.guard.forget(ctx.params.videoId);
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
    },
    created() {
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
    },
  };
  return schema;
}

export default insightsService(loadConfig(process.env));
