/**
 * screening: looks at every video that has a plan, as its tenant's policy wants: at its bytes, some of its frames, some of
 * its sound, and what is known to be blocked. It decides what that means, and asks a person where it cannot. It never looks
 * while the first segment is made, and keeps nothing of its own. Any number may run.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { errorMessage, fail } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { registerMetrics } from "../../config/metrics/register-metrics.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { replyBytes } from "../../mixins/byte-reply.ts";
import { closeDemuxer, openDemuxer } from "../../mixins/demuxer/demuxer.ts";
import { warmFfmpeg } from "../../mixins/ffmpeg.ts";
import { quarantineUnfit } from "../../mixins/ffmpeg-fitness.ts";
import { openGuest } from "../../mixins/guest.ts";
import { nodeState } from "../../mixins/node-state.ts";
import { closeRedis, openRedis } from "../../mixins/redis.ts";
import { openRemuxes, remuxSettings, type Remuxes, type RemuxSettings } from "../../mixins/remux.ts";
import { awaitsScreening } from "../../mixins/screening-policy/awaits-screening.ts";
import { openScreeningPolicy, type LivePolicy } from "../../mixins/screening-policy/policy-file.ts";
import { openSourceDoor, type SourceDoor } from "../../mixins/source-door.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import { worksHere } from "../../mixins/works-here.ts";
import type { ReviewedParams, VideoEventPayload, VideoIdParams, VideoState } from "../videos/videos.contract.ts";
import { openBlockLists } from "./block-lists.ts";
import { findStill } from "./evidence.ts";
import { openReviews, type Reviews } from "./reviews.ts";
import { openScreener, type Screener } from "./screener.ts";
import { takeLock } from "../../mixins/redis-lock.ts";
import type { DecideParams, FrameParams, ReviewParams, ReviewsParams, ReviewsResult, ReviewView } from "./screening.contract.ts";

interface Settings extends ServiceSettingSchema, RemuxSettings { redisUrl: string | undefined; namespace: string; policyPath: string | undefined }
interface State { closing: AbortController; redis: Redis; keys: RedisKeys; policy: LivePolicy; door: SourceDoor; remuxes: Remuxes; unfollow: () => void; reviews: Reviews; screener: Screener }
interface Methods { getState(id: string): Promise<VideoState | null>; screen(id: string): Promise<void> }

/** The first segments are made in this time. */
const GRACE_MS = 3_000;
const AT_ONCE = 1;
const SCREEN_MS = 10 * 60_000;
const id = { type: "string", pattern: "^[0-9a-z]{26}$" } as const;

/** `graceMs` is the seam that tests replace. */
export function screeningService(settings: Settings, graceMs = GRACE_MS) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "screening",
    settings: { ...settings, $secureSettings: ["redisUrl", "policyPath"] },
    dependencies: ["source", "storage", "videos"],
    actions: {
      /** Screens a video that waits for it, unless another node is at it. Twice does no harm. */
      screen: {
        params: { id },
        bulkhead: { enabled: true, concurrency: AT_ONCE, maxQueueSize: 1_000 },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          await this.screen(ctx.params.id);
        },
      },
      reviews: {
        params: { limit: { type: "number", integer: true, min: 1, max: 100, optional: true, convert: true }, cursor: { type: "string", max: 200, optional: true } },
        async handler(ctx: Context<ReviewsParams>): Promise<ReviewsResult> {
          return await this.reviews.list(ctx.params, callerOf(ctx));
        },
      },
      /** @throws video_not_found, conflict */
      review: {
        params: { id },
        async handler(ctx: Context<ReviewParams>): Promise<ReviewView> {
          return await this.reviews.view(ctx.params.id, callerOf(ctx));
        },
      },
      /** A frame of the evidence as JPEG. @throws video_not_found, not_found */
      frame: {
        params: { id, n: { type: "number", integer: true, min: 0 } },
        async handler(ctx: Context<FrameParams>) {
          const { video, at } = await this.reviews.findFrame(ctx.params.id, ctx.params.n, callerOf(ctx));
          return replyBytes(ctx, await findStill(this.broker, video, at));
        },
      },
      /** A person's word. @throws video_not_found, conflict, forbidden */
      decide: {
        params: { id, verdict: { type: "enum", values: ["pass", "block"] }, note: { type: "string", max: 2_000, optional: true } },
        async handler(ctx: Context<DecideParams>): Promise<void> {
          await this.reviews.decide(ctx.params, callerOf(ctx));
        },
      },
    },
    events: {
      /** It has its plan, and whether another has its bytes is known. What is lost here, a reconciler finds. */
      "video.compared": {
        async handler(ctx: Context<VideoEventPayload>) {
          const { videoId } = ctx.params;
          const state = await this.getState(videoId);
          if (state === null || !awaitsScreening(state) || !(await worksHere(this.broker, videoId))) return;
          if (state.record.screening === "publish-first") await delay(graceMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
          if (this.closing.signal.aborted) return;
          await this.broker.call("screening.screen", { id: videoId }, { timeout: SCREEN_MS, retries: 0 }).catch((error: unknown) => this.logger.debug(`Video ${videoId} waits to be screened: ${errorMessage(error)}`));
        },
      },
      "video.deleted"(ctx: Context<VideoEventPayload>) {
        this.screener?.forget(ctx.params.videoId);
      },
    },
    methods: {
      async getState(videoId: string): Promise<VideoState | null> {
        return await this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId });
      },
      async screen(videoId: string): Promise<void> {
        if (!nodeState(this.broker).accepting) throw fail("not_ready", "This node takes no work.");
        const waiting = await this.getState(videoId);
        if (waiting === null || !awaitsScreening(waiting)) return;
        const release = await takeLock(this.redis, this.keys.screening(videoId), this.broker.nodeID, this.logger);
        if (release === undefined) return;
        try {
          const state = await this.getState(videoId); // another may have had the lock just now
          if (state !== null && awaitsScreening(state)) await this.screener.screen(state);
        } catch (error) {
          this.logger.debug(`Video ${videoId} was not screened: ${errorMessage(error)}`);
          throw error;
        } finally {
          await release();
        }
      },
    },
    created() {
      this.closing = new AbortController();
      registerMetrics(this.broker, "screening");
    },
    async started() {
      const { redisUrl, namespace, policyPath, guest: guestOptions } = this.settings;
      this.policy = await openScreeningPolicy(policyPath, this.logger);
      const guest = await openGuest(guestOptions, this.logger);
      await warmFfmpeg(guest);
      this.unfollow = quarantineUnfit(this.broker, guest);
      this.keys = redisKeys(namespace);
      this.redis = await openRedis(redisUrl, this.logger);
      this.door = await openSourceDoor(this.logger);
      this.remuxes = await openRemuxes(this.settings, this.logger);
      const storage = storageCalls(this.broker);
      const lists = openBlockLists(storage);
      this.reviews = openReviews({
        storage, lists,
        state: (videoId) => this.getState(videoId),
        policy: () => this.policy.current(),
        keep: (videoId, review) => this.broker.call<void, ReviewedParams>("videos.reviewed", { id: videoId, review }),
        now: () => new Date(),
      });
      this.screener = openScreener({ broker: this.broker, lists, reviews: this.reviews, policy: () => this.policy.current(), source: { demuxer: openDemuxer(), door: this.door, remuxes: this.remuxes } });
      nodeState(this.broker).countWork("screenings", () => this.screener.running(), { returnable: true });
    },
    async stopped() {
      this.closing.abort();
      this.unfollow?.();
      await this.screener?.close();
      this.policy?.close();
      if (this.screener !== undefined) await closeDemuxer();
      await this.remuxes?.close();
      await this.door?.close();
      closeRedis(this.redis);
    },
  };
  return schema;
}

const config = loadConfig(process.env);
export default screeningService({ redisUrl: config.redisUrl, namespace: config.namespace, policyPath: config.screeningPolicy, ...remuxSettings(config) });
