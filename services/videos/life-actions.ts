/** What becomes of a video: verdict, plan, outcome, what a screening and a person said of it, and its end. */
import type { Context, ServiceBroker } from "moleculer";
import { reaches } from "../../config/access/permissions.ts";
import { fail } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { tenantOf } from "../../config/tenants.ts";
import { announce, announceToAll } from "../../mixins/announce.ts";
import type { VideoLife } from "./video-life.ts";
import type { VideoStore } from "./video-store.ts";
import type { ComparedParams, OutcomeParams, PlannedParams, ReviewedParams, ScreenedParams, VerdictParams, VideoIdParams, VideoTwinned } from "./videos.contract.ts";

/** As much of the service as they need. */
interface Owner { broker: ServiceBroker; life: VideoLife; store: VideoStore }

const id = { type: "string", pattern: "^[0-9a-z]{26}$" } as const;
/** Who asks on nobody's behalf. */
const NODE = { subject: "node", roles: [] };

export const lifeActions = {
  settle: {
    async handler(this: Owner, ctx: Context<VerdictParams>): Promise<void> {
      await this.life.settle(ctx.params);
    },
  },
  planned: {
    async handler(this: Owner, ctx: Context<PlannedParams>): Promise<void> {
      await this.life.planned(ctx.params);
    },
  },
  /** Keeps whether its source has the bytes of another's. Those who make something of the video are told first. */
  compared: {
    async handler(this: Owner, ctx: Context<ComparedParams>): Promise<void> {
      const { id, twin } = ctx.params;
      if (!(await this.store.createTwin(id, twin))) return;
      if (twin.of !== undefined) announceToAll(this.broker, "video.twinned", { videoId: id, of: twin.of } satisfies VideoTwinned);
      announce(this.broker, "video.compared", { videoId: id });
    },
  },
  finish: {
    async handler(this: Owner, ctx: Context<OutcomeParams>): Promise<void> {
      await this.life.finish(ctx.params);
    },
  },
  /** Keeps what a screening found. Twice does no harm. */
  screened: {
    params: { id, screening: "object" },
    async handler(this: Owner, ctx: Context<ScreenedParams>): Promise<void> {
      await this.life.screened(ctx.params);
    },
  },
  /** Keeps what a person decided. @throws video_not_found, video_deleted, conflict */
  reviewed: {
    params: { id, review: "object" },
    async handler(this: Owner, ctx: Context<ReviewedParams>): Promise<void> {
      await this.life.reviewed(ctx.params);
    },
  },
  /** Opens a video that failed, or whose source could not be had, once more. @throws video_not_found, video_deleted, conflict */
  reopen: {
    params: { id },
    async handler(this: Owner, ctx: Context<VideoIdParams>): Promise<void> {
      await this.life.reopen(ctx.params.id);
    },
  },
  remove: {
    params: { id },
    async handler(this: Owner, ctx: Context<VideoIdParams>): Promise<void> {
      const { record } = await this.life.getState(ctx.params.id);
      if (!reaches(callerOf(ctx) ?? NODE, tenantOf(record))) throw fail("video_not_found", "There is no such video.");
      await this.life.remove(ctx.params.id);
    },
  },
  /** Goes on with a deletion. Twice does no harm. */
  bury: {
    params: { id },
    async handler(this: Owner, ctx: Context<VideoIdParams>): Promise<void> {
      await this.life.bury(ctx.params.id);
    },
  },
  /** Lets go of what an ended video no longer needs. Twice does no harm. */
  tidy: {
    params: { id },
    async handler(this: Owner, ctx: Context<VideoIdParams>): Promise<void> {
      await this.life.tidy(ctx.params.id);
    },
  },
} as const;
