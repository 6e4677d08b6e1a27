/**
 * delivery: what players ask for. Playlists are complete as soon as there is a plan, and a request for one waits for
 * it; segments come from the cache. It keeps nothing but plans.
 */
import { LRUCache } from "lru-cache";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { errorMessage, fail } from "../../config/errors.ts";
import { formatMasterPlaylist, formatMediaPlaylist } from "../../media/hls/playlists.ts";
import { findRendition, segmentCount } from "../../media/plan-video.ts";
import type { Plan, Rendition } from "../../media/plan.ts";
import { announce } from "../../mixins/announce.ts";
import type { SegmentParams, SegmentResult } from "../cache/cache.contract.ts";
import type { SegmentWatched } from "../scheduler/scheduler.contract.ts";
import type { VideoEventPayload, VideoIdParams, VideoState } from "../videos/videos.contract.ts";
import type { MasterParams, MediaPlaylistParams, MediaSegmentParams } from "./delivery.contract.ts";
import { planWaiter, type PlanWaiter } from "./plan-waiter.ts";

interface State {
  plans: LRUCache<string, Plan>;
  waiter: PlanWaiter;
  /** Videos of which a segment was delivered here. */
  played: LRUCache<string, true>;
}
interface Methods { getPlan(id: string): Promise<Plan>; noteFirstSegment(id: string, mode: Rendition["mode"]): void }

const MAKE_MS = 35_000;
const FIRST_PLAY_SEC = 60;

/** `openWaiter` is the seam that tests replace. */
export function deliveryService(openWaiter = planWaiter) {
  const schema: ServiceSchema<ServiceSettingSchema, Methods, State> = {
    name: "delivery",
    dependencies: ["cache"],
    actions: {
      master: {
        params: { id: "string" },
        async handler(ctx: Context<MasterParams>): Promise<string> {
          return formatMasterPlaylist(await this.getPlan(ctx.params.id));
        },
      },
      media: {
        params: { id: "string", rendition: "string" },
        async handler(ctx: Context<MediaPlaylistParams>): Promise<string> {
          const plan = await this.getPlan(ctx.params.id);
          if (findRendition(plan, ctx.params.rendition) === undefined) throw fail("segment_not_found", "The video has no such rendition.");
          return formatMediaPlaylist(plan, ctx.params.rendition);
        },
      },
      segment: {
        params: { id: "string", rendition: "string", segment: [{ type: "equal", value: "init" }, { type: "number", integer: true, min: 0 }] },
        async handler(ctx: Context<MediaSegmentParams>): Promise<SegmentResult> {
          const { id, rendition: name, segment } = ctx.params;
          const plan = await this.getPlan(id);
          const rendition = findRendition(plan, name);
          if (rendition === undefined || (segment !== "init" && segment >= segmentCount(plan))) throw fail("segment_not_found", "The video has no such segment.");
          const result = await ctx.call<SegmentResult, SegmentParams>("cache.segment", { videoId: id, rendition: name, segment }, { timeout: MAKE_MS, retries: 0 });
          if (segment !== "init" && !this.played.has(id)) this.noteFirstSegment(id, rendition.mode);
          if (segment !== "init" && rendition.mode === "encode") announce(this.broker, "segment.watched", { videoId: id, rendition: name, segment } satisfies SegmentWatched);
          return result;
        },
      },
    },
    events: {
      "video.changed"(ctx: Context<VideoEventPayload>) {
        this.waiter.wake(ctx.params.videoId);
      },
      "video.deleted"(ctx: Context<VideoEventPayload>) {
        this.plans.delete(ctx.params.videoId);
      },
    },
    methods: {
      /** How long after its post a video first played; one that was watched much later says nothing about that. */
      noteFirstSegment(id: string, mode: Rendition["mode"]): void {
        const playedAt = Date.now();
        this.played.set(id, true);
        this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id }).then((state) => {
          const seconds = state === null ? Infinity : (playedAt - Date.parse(state.record.createdAt)) / 1000;
          if (seconds < FIRST_PLAY_SEC) this.broker.metrics.observe("lectern.first.segment.seconds", seconds, { mode });
        }).catch((error: unknown) => this.logger.debug(`A first play was not measured: ${errorMessage(error)}`));
      },
      async getPlan(id: string): Promise<Plan> {
        const known = this.plans.get(id);
        if (known !== undefined) return known;
        const plan = await this.waiter.wait(id, () => this.broker.call<Plan | null, VideoIdParams>("videos.plan", { id }));
        this.plans.set(id, plan);
        return plan;
      },
    },
    created() {
      this.plans = new LRUCache({ max: 500 });
      this.waiter = openWaiter();
      this.played = new LRUCache({ max: 10_000 });
      this.broker.metrics.register({ name: "lectern.first.segment.seconds", type: "histogram", labelNames: ["mode"], buckets: [0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 15, 30], description: "From a video's post to its first media segment delivered", unit: "second" });
    },
  };
  return schema;
}

export default deliveryService();
