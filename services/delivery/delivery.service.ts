/**
 * delivery: what players ask for. Playlists are complete as soon as there is a plan, and a request for one waits for
 * it; segments come from the cache. It keeps nothing but plans.
 */
import { LRUCache } from "lru-cache";
import { useOf } from "../../config/access/actions.ts";
import type { Revocations } from "../../config/access/grants.ts";
import type { VideoAccess } from "../../config/access/watching.ts";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { errorMessage, fail } from "../../config/errors.ts";
import { noteAccess } from "../../config/audit-sink.ts";
import { upTo } from "../../config/lru-room.ts";
import { callCounts } from "../../config/metrics/call-counts.ts";
import { registerMetrics, type MetricWriter } from "../../config/metrics/register-metrics.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { DEFAULT_TENANT } from "../../config/tenants.ts";
import { cutKeyFragment } from "../../media/cmaf/key-fragment.ts";
import { formatManifest } from "../../media/dash/manifest.ts";
import { formatKeyFramePlaylist, formatMasterPlaylist, formatMediaPlaylist, formatSubtitlePlaylist } from "../../media/hls/playlists.ts";
import { keySpan } from "../../media/key-span.ts";
import { findRendition, segmentCount } from "../../media/plan-video.ts";
import type { Plan, Rendition } from "../../media/plan.ts";
import { announce, announceToAll } from "../../mixins/announce.ts";
import { readReply } from "../../mixins/byte-reply.ts";
import { tellSpent } from "../../mixins/play-spent.ts";
import { nodeState } from "../../mixins/node-state.ts";
import { readSegment, replySegment, wholeSegment } from "../../mixins/segment-answer.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import { offerNothing, segmentsAtHand, type AskedSegment } from "../../mixins/segments-at-hand.ts";
import { openWatchGuard, type WatchGuard } from "../../mixins/watch-guard.ts";
import type { OpenParams, SegmentParams, SegmentResult } from "../cache/cache.contract.ts";
import type { SegmentWatched } from "../scheduler/scheduler.contract.ts";
import type { WaiterLeft } from "../transcoder/transcoder.contract.ts";
import type { LinkRevoked, NoteMomentsParams, PlanParams, VideoEventPayload, VideoIdParams, VideoState, WatchAnswer } from "../videos/videos.contract.ts";
import type { KeyParams, ListParams, ListResult } from "../storage/storage.contract.ts";
import type { CaptionsParams as MakeCaptionsParams, KeyFrameParams as MakeKeyFrameParams } from "../transcoder/transcoder.contract.ts";
import { openBandwidths, type Bandwidths } from "./bandwidths.ts";
import type { CaptionsParams, KeyFrameParams, KeyFramesParams, LeftParams, MasterParams, MediaPlaylistParams, MediaSegmentParams } from "./delivery.contract.ts";
import { findAtHand } from "./find-at-hand.ts";
import { imageActions } from "./image-actions.ts";
import { openKnownPlans, type KnownPlan, type KnownPlans } from "./known-plans.ts";
import { MAKE_MS } from "./make-timeout.ts";
import { planWaiter, type PlanWaiter } from "./plan-waiter.ts";
import { keyActions } from "./protection/key-actions.ts";
import { openProtector, type Protector } from "./protection/protector.ts";

interface State {
  metrics: MetricWriter<"delivery">;
  plans: KnownPlans;
  protector: Protector;
  waiter: PlanWaiter;
  guard: WatchGuard;
  bandwidths: Bandwidths;
  /** Videos of which a segment was delivered here. */
  played: LRUCache<string, true>;
  /** Segments of which it was said a moment ago that somebody watches them. */
  watched: LRUCache<string, true>;
}
type Played = Pick<KnownPlan, "plan" | "protection">;
interface Methods { getPlayed(ctx: Context<{ id: string }>): Promise<Played>; getPlan(ctx: Context<{ id: string }>): Promise<Plan>; findPlayed(ctx: Context<{ id: string }>): Promise<Played | null>; noteSegment(asked: AskedSegment, mode: Rendition["mode"], askedAt: number): void; noteFirstSegment(id: string, mode: Rendition["mode"], askedAt: number): void }

const FIRST_PLAY_SEC = 60;
/** Of what many watch at once it is said once: each word costs the scheduler a look at the video and at the queue. */
const WATCHED_MS = 2_000;
const AUDITED: readonly string[] = ["delivery.master", "delivery.manifest", "delivery.still", "delivery.clip", "delivery.storyboard"];

/** `openWaiter` is the seam that tests replace. */
export function deliveryService(openWaiter = planWaiter) {
  const schema: ServiceSchema<ServiceSettingSchema, Methods, State> = {
    name: "delivery",
    dependencies: ["cache"],
    actions: {
      master: {
        params: { id: "string" },
        async handler(ctx: Context<MasterParams>): Promise<string> {
          const { id } = ctx.params;
          const { plan, protection } = await this.getPlayed(ctx);
          return formatMasterPlaylist(plan, this.bandwidths.measured(id, plan), await this.protector.playing(id, protection));
        },
      },
      manifest: {
        params: { id: "string" },
        async handler(ctx: Context<MasterParams>): Promise<string> {
          const { id } = ctx.params;
          const { plan, protection } = await this.getPlayed(ctx);
          if (protection === "aes-128") throw fail("hls_only", "The video is protected by AES-128, which DASH does not have. Play its HLS.");
          return formatManifest(plan, this.bandwidths.measured(id, plan), protection === "none" ? undefined : (await this.protector.key(id)).keyId);
        },
      },
      media: {
        params: { id: "string", rendition: "string" },
        async handler(ctx: Context<MediaPlaylistParams>): Promise<string> {
          const { id, rendition } = ctx.params;
          const { plan, protection } = await this.getPlayed(ctx);
          if (findRendition(plan, rendition) === undefined) throw fail("segment_not_found", "The video has no such rendition.");
          return formatMediaPlaylist(plan, rendition, await this.protector.playing(id, protection));
        },
      },
      keyFrames: {
        params: { id: "string", rendition: "string" },
        async handler(ctx: Context<KeyFramesParams>): Promise<string> {
          const { id, rendition } = ctx.params;
          const { plan, protection } = await this.getPlayed(ctx);
          return formatKeyFramePlaylist(plan, rendition, await this.protector.playing(id, protection));
        },
      },
      /** Of a repackaged segment the key frame is read by itself; of an encoded one it is cut out of the segment. */
      keyFrame: {
        params: { id: "string", rendition: "string", segment: { type: "number", integer: true, min: 0 } },
        async handler(ctx: Context<KeyFrameParams>): Promise<Uint8Array> {
          const { id, rendition: name, segment } = ctx.params;
          const { plan, protection } = await this.getPlayed(ctx);
          const rendition = findRendition(plan, name);
          if (rendition?.kind !== "video" || segment >= segmentCount(plan)) throw fail("segment_not_found", "The video has no such key frame.");
          const asked = { videoId: id, rendition: name, segment };
          const [bytes, protect] = await Promise.all([
            rendition.mode === "repackage"
              ? ctx.call<unknown, MakeKeyFrameParams>("transcoder.keyFrame", asked, { timeout: MAKE_MS }).then((reply) => readReply(reply))
              : ctx.call<SegmentResult, SegmentParams>("cache.segment", asked, { timeout: MAKE_MS, retries: 0 }).then((whole) => cutKeyFragment(whole.bytes, keySpan(plan, rendition, segment))),
            this.protector.open({ id, rendition: name, segment }, protection),
          ]);
          return (await wholeSegment(await protect({ bytes, tier: "made" }))).bytes;
        },
      },
      captionPlaylist: {
        params: { id: "string", name: "string" },
        async handler(ctx: Context<CaptionsParams>): Promise<string> {
          return formatSubtitlePlaylist(await this.getPlan(ctx), ctx.params.name);
        },
      },
      captions: {
        params: { id: "string", name: "string" },
        async handler(ctx: Context<CaptionsParams>): Promise<Uint8Array> {
          const { id, name } = ctx.params;
          const plan = await this.getPlan(ctx);
          if (!plan.subtitles.some((subtitle) => subtitle.name === name)) throw fail("segment_not_found", "The video has no such captions.");
          const stored = await ctx.call<unknown, KeyParams>("storage.get", { key: objectKeys.captions(id, name) });
          return await readReply(stored ?? (await ctx.call<unknown, MakeCaptionsParams>("transcoder.captions", { videoId: id, name }, { timeout: MAKE_MS, retries: 1 })));
        },
      },
      segment: {
        params: { id: "string", rendition: "string", segment: [{ type: "equal", value: "init" }, { type: "number", integer: true, min: 0 }], waiter: { type: "string", optional: true } },
        async handler(ctx: Context<MediaSegmentParams>) {
          const { id, rendition: name, segment, waiter } = ctx.params;
          const { plan, protection } = await this.getPlayed(ctx);
          const rendition = findRendition(plan, name);
          if (rendition === undefined || (segment !== "init" && segment >= segmentCount(plan))) throw fail("segment_not_found", "The video has no such segment.");
          const asked = { videoId: id, rendition: name, segment, ...(waiter === undefined ? {} : { waiter }) };
          const askedAt = Date.now();
          const [reply, protect] = await Promise.all([
            ctx.call<Parameters<typeof readSegment>[0], OpenParams>("cache.open", asked, { timeout: MAKE_MS, retries: 0 }),
            this.protector.open({ id, rendition: name, segment }, protection),
          ]);
          const answer = await protect(readSegment(reply, MAKE_MS));
          tellSpent(ctx, { mode: rendition.mode });
          this.noteSegment({ id, rendition: name, segment }, rendition.mode, askedAt);
          return replySegment(ctx, answer);
        },
      },
      ...keyActions,
      /** Nodes that make what this one waited for hear of it; should they not, they only finish it. */
      left: {
        params: { waiter: "string" },
        handler(ctx: Context<LeftParams>): void {
          announceToAll(this.broker, "waiter.left", { waiter: ctx.params.waiter } satisfies WaiterLeft);
        },
      },
      ...imageActions,
    },
    events: {
      "video.changed"(ctx: Context<VideoEventPayload>) {
        this.waiter.wake(ctx.params.videoId);
      },
      "link.revoked"(ctx: Context<LinkRevoked>) {
        const { videoId, ...revoked } = ctx.params;
        this.guard.note(videoId, revoked);
      },
      "video.deleted"(ctx: Context<VideoEventPayload>) {
        this.plans.forget(ctx.params.videoId);
        this.protector.forget(ctx.params.videoId);
        this.bandwidths.forget(ctx.params.videoId);
      },
      "video.screened"(ctx: Context<VideoEventPayload>) {
        this.plans.forget(ctx.params.videoId);
      },
      "video.reviewed"(ctx: Context<VideoEventPayload>) {
        this.plans.forget(ctx.params.videoId);
      },
      "video.complete"(ctx: Context<VideoEventPayload>) {
        this.bandwidths.wake(ctx.params.videoId);
      },
    },
    methods: {
      noteSegment({ id, rendition, segment }: AskedSegment, mode: Rendition["mode"], askedAt: number): void {
        if (segment === "init") return;
        if (!this.played.has(id)) this.noteFirstSegment(id, mode, askedAt);
        if (mode !== "encode") return;
        const name = `${id}/${rendition}/${segment}`;
        if (this.watched.has(name)) return;
        this.watched.set(name, true);
        announce(this.broker, "segment.watched", { videoId: id, rendition, segment } satisfies SegmentWatched);
      },
      /** How long after its post a video first played; one that was watched much later says nothing about that. */
      noteFirstSegment(id: string, mode: Rendition["mode"], askedAt: number): void {
        const playedAt = Date.now();
        this.played.set(id, true);
        this.broker.call<void, NoteMomentsParams>("videos.noteMoments", { id, moments: { asked: askedAt, watched: playedAt } })
          .catch((error: unknown) => this.logger.debug(`A first play was not noted: ${errorMessage(error)}`));
        this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id }).then((state) => {
          const seconds = state === null ? Infinity : (playedAt - Date.parse(state.record.createdAt)) / 1000;
          if (seconds < FIRST_PLAY_SEC) this.metrics.observe("lectern_first_segment_seconds", seconds, { mode });
        }).catch((error: unknown) => this.logger.debug(`A first play was not measured: ${errorMessage(error)}`));
      },
      /** @throws video_not_found, also for what the caller may not watch; plan_pending; what keeps the video from having a plan */
      async getPlayed(ctx: Context<{ id: string }>): Promise<Played> {
        const { id } = ctx.params;
        const startedAt = performance.now();
        const known = await this.plans.get(id);
        // Who is refused is answered no sooner than for an id that there is not.
        if (known !== undefined && (await this.guard.allows(callerOf(ctx), known.access, useOf(ctx.action?.name ?? "")))) {
          noteWatching(ctx, known.access);
          tellSpent(ctx, { plan: performance.now() - startedAt });
          return known;
        }
        const found = await this.waiter.wait(id, () => this.findPlayed(ctx));
        tellSpent(ctx, { plan: performance.now() - startedAt });
        return found;
      },
      async getPlan(ctx: Context<{ id: string }>): Promise<Plan> {
        return (await this.getPlayed(ctx)).plan;
      },
      async findPlayed(ctx: Context<{ id: string }>): Promise<Played | null> {
        const { id } = ctx.params;
        const caller = callerOf(ctx);
        const mark = this.plans.mark();
        const { access, plan, protection = "none", fault, revoked } = parseAnswer(id, await this.broker.call<WatchAnswer | Plan | null, PlanParams>("videos.plan", { id, watch: true, ...(caller?.grant === undefined ? {} : { links: true }) }));
        if (revoked !== undefined) this.guard.note(id, revoked);
        if (!(await this.guard.allows(caller, access, useOf(ctx.action?.name ?? "")))) throw fail("video_not_found", "There is no such video.");
        if (fault !== undefined) throw fail(fault.code, fault.message, fault.reasons === undefined ? {} : { reasons: fault.reasons });
        if (plan === null) return null;
        noteWatching(ctx, access);
        const played = { plan, protection, access };
        this.plans.keep(id, played, mark);
        return played;
      },
    },
    created() {
      this.plans = openKnownPlans(async (id) => parseAnswer(id, await this.broker.call<WatchAnswer | Plan | null, PlanParams>("videos.plan", { id, watch: true })));
      this.protector = openProtector({
        readKey: (id) => storageCalls(this.broker).get(objectKeys.contentKey(id)),
        getInit: async (videoId, rendition) => (await this.broker.call<SegmentResult, SegmentParams>("cache.segment", { videoId, rendition, segment: "init" }, { timeout: MAKE_MS, retries: 0 })).bytes,
      });
      this.waiter = openWaiter();
      this.guard = openWatchGuard((id) => this.broker.call<Revocations, VideoIdParams>("videos.revocations", { id }));
      this.bandwidths = openBandwidths({
        isStored: async (key) => (await this.broker.call<unknown, KeyParams>("storage.head", { key })) !== null,
        list: (prefix, after) => this.broker.call<ListResult, ListParams>("storage.list", { prefix, ...(after === undefined ? {} : { after }) }),
        onError: (error) => this.logger.debug(`Bandwidths were not measured: ${errorMessage(error)}`),
        now: Date.now,
      });
      this.played = new LRUCache(upTo(10_000));
      this.watched = new LRUCache({ ...upTo(10_000), ttl: WATCHED_MS });
      this.metrics = registerMetrics(this.broker, "delivery");
    },
    async started() {
      const atHand = segmentsAtHand(this.broker);
      const calls = callCounts(this.broker).of("delivery.segment", "delivery");
      atHand.find = findAtHand({
        node: nodeState(this.broker), plans: this.plans, guard: this.guard,
        lend: (asked) => atHand.lend(asked),
        answered: (asked, mode, durationMs) => {
          calls.ended(durationMs);
          this.noteSegment(asked, mode, Date.now() - durationMs);
        },
      });
    },
    async stopped() {
      offerNothing(this.broker, "find");
    },
  };
  return schema;
}

/** A node of the version before answers the plan alone, and knows of no private videos. */
function parseAnswer(id: string, answer: WatchAnswer | Plan | null): WatchAnswer {
  return answer !== null && "access" in answer ? answer : { access: { id, tenant: DEFAULT_TENANT, visibility: "public", deleted: false }, plan: answer };
}

/** Of the requests of somebody who watches a private video the audit log has what they begin with. */
function noteWatching(ctx: Context<{ id: string }>, { id, visibility }: VideoAccess): void {
  if (visibility === "private" && AUDITED.includes(ctx.action?.name ?? "")) noteAccess(ctx, callerOf(ctx), "videos.watchPrivate", { video: id });
}

export default deliveryService();
