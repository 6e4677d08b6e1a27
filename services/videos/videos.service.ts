/**
 * videos: owns the state of every video. It alone writes records, verdicts, plans and outcomes, each once, and tells
 * the mesh when one is there. It decides nothing about media. Any number may run.
 */
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { may, reaches } from "../../config/access/permissions.ts";
import { VISIBILITIES, type Visibility } from "../../config/access/watching.ts";
import { loadConfig } from "../../config/config.ts";
import { errorMessage, fail } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { newId } from "../../config/new-id.ts";
import { personOf } from "../../config/pseudonym.ts";
import { tenantOf } from "../../config/tenants.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { renditionsOf } from "../../media/plan-video.ts";
import type { Plan } from "../../media/plan.ts";
import { PROTECTIONS } from "../../media/protection.ts";
import { announce, announceToAll } from "../../mixins/announce.ts";
import { systemClock } from "../../mixins/clock.ts";
import { closeRedis, needRedis, openRedis, withoutRedis } from "../../mixins/redis.ts";
import { openScreeningPolicy, type LivePolicy } from "../../mixins/screening-policy/policy-file.ts";
import { openWatchGuard, type WatchGuard } from "../../mixins/watch-guard.ts";
import type { KnownUpload, SourceParams, UploadFinished, UploadIdParams } from "../source/source.contract.ts";
import { catalog, type Catalog } from "./catalog.ts";
import { erasureReceipts } from "./erasure-receipts.ts";
import { eventLog, type EventLog } from "./event-log.ts";
import { passIncomplete } from "./incomplete-erasure.ts";
import { followActions } from "./follow-actions.ts";
import { lifeActions } from "./life-actions.ts";
import { linkActions } from "./link-actions.ts";
import { linkRevocations, type LinkRevocations } from "./link-revocations.ts";
import { qualityNotes, type QualityNotes } from "./quality-notes.ts";
import { storageCalls, type StorageCalls } from "../../mixins/storage-calls.ts";
import { keepRetention, type RetentionRules } from "./retention.ts";
import { listAll, passUnreadable } from "./unreadable.ts";
import { recordSubmission } from "./submission.ts";
import { openVideoLife, type VideoLife } from "./video-life.ts";
import { accessOf, findPlanFault, viewVideo } from "./video-state.ts";
import { openTraces, type Traces } from "./traces.ts";
import { uploadClaims, type UploadClaims } from "./upload-claims.ts";
import { videoStore, type VideoStore } from "./video-store.ts";
import { keepCatalogWhole } from "./whole-catalog.ts";
import type {
  DropUploadResult, LinkRevoked, ListVideosParams, ListVideosResult, PlanParams, Protection, ScreenedMode,
  SubmitParams, WatchAnswer, VideoEventType, VideoIdParams, VideoRecorded, VideoState, VideoView,
} from "./videos.contract.ts";

/** `screening` absent: nothing is screened; `policy` is its file. */
interface Settings extends ServiceSettingSchema { redisUrl: string | undefined; namespace: string; retention?: RetentionRules; screening?: { policy: string | undefined }; /** Of videos that are posted without saying; absent: public. */ visibility?: Visibility; /** Of a video whose post does not say; absent: none. */ protection?: Protection }
interface State { policy: LivePolicy | undefined; redis: Redis; keys: RedisKeys; store: VideoStore; claims: UploadClaims; events: EventLog; catalog: Catalog; quality: QualityNotes; links: LinkRevocations; guard: WatchGuard; life: VideoLife; traces: Traces; endRetention: (() => Promise<void>) | undefined; endUpkeep: (() => Promise<void>) | undefined }
interface Methods {
  findWatched(ctx: Context<VideoIdParams>): Promise<VideoState>;
  view(state: VideoState): Promise<VideoView>;
  screeningOf(tenant: string): { screening?: ScreenedMode };
  announce(id: string, type: VideoEventType, data?: Record<string, unknown>): void;
}

const id = { type: "string", pattern: "^[0-9a-z]{26}$" } as const;
const FORGET_MS = 5_000;
/** Who asks on nobody's behalf. */
const NODE = { subject: "node", roles: [] };

/** `open` and `storage` are the seams that tests replace. */
export function videosService(settings: Settings, open = openRedis, storage?: StorageCalls) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "videos",
    settings: { ...settings, $secureSettings: ["redisUrl", "screening"] },
    dependencies: ["storage"],
    actions: {
      submit: {
        params: { source: "object", tenant: "string|optional", title: "string|optional", visibility: { type: "enum", values: [...VISIBILITIES], optional: true }, policy: "string|optional", protection: { type: "enum", values: [...PROTECTIONS], optional: true }, priority: "string|optional", labels: "object|optional", idempotencyKey: "string|optional" },
        async handler(ctx: Context<SubmitParams>): Promise<VideoView> {
          const params = { ...ctx.params, visibility: ctx.params.visibility ?? settings.visibility ?? "public", protection: ctx.params.protection ?? settings.protection ?? "none" };
          const { source } = params;
          if (!reaches(callerOf(ctx) ?? NODE, tenantOf(params))) throw fail("forbidden", "The key is for another tenant's videos.");
          const identity = source.kind === "url" ? source.url : await this.claims.identify(await ctx.call<KnownUpload, UploadIdParams>("source.upload", { uploadId: source.uploadId }), params);
          const place = await this.store.place();
          const record = recordSubmission({ params, identity, newId: newId(), now: new Date(), ...this.screeningOf(tenantOf(params)), ...(place === undefined ? {} : { place }) });
          if (source.kind === "upload" && record.tenant !== undefined) await this.store.noteUploadTenant(source.uploadId, record.tenant);
          const poster = personOf(callerOf(ctx)?.subject);
          const note = async (videoId: string): Promise<void> => { if (poster !== undefined) await this.store.notePosted(poster, tenantOf(record), videoId); };
          const { state, created, copies } = await this.life.claim(record, params.idempotencyKey === undefined, note);
          if (poster !== undefined && state.record.id !== record.id) void this.store.forgetPosted(poster, tenantOf(record), record.id).catch(() => undefined); // of nothing, it does no harm
          if (!created) {
            await note(state.record.id);
            const first = state.record.source;
            const isAnother = source.kind === "upload" && !(first.kind === "upload" && first.uploadId === source.uploadId);
            if (isAnother && !(await this.claims.sharesUpload(state.record, source.uploadId))) await this.store.removeUploadBytes(source.uploadId).catch(passIncomplete(this.logger, `The upload ${source.uploadId}, which is there already,`));
            return { ...(await this.view(state)), existing: true };
          }
          this.announce(state.record.id, "submitted");
          if (place !== undefined) announceToAll(this.broker, "video.recorded", { videoId: state.record.id, createdAt: state.record.createdAt, ...(record.tenant === undefined ? {} : { tenant: record.tenant }) } satisfies VideoRecorded);
          return { ...(await this.view(state)), ...(copies === undefined ? {} : { replicatedTo: copies }) };
        },
      },
      get: {
        params: { id },
        async handler(ctx: Context<VideoIdParams>): Promise<VideoView> {
          const state = await this.findWatched(ctx);
          const [view, quality] = await Promise.all([this.view(state), state.deleted || state.plan === undefined ? undefined : this.quality.view(state.record.id)]);
          return { ...view, ...(quality === undefined ? {} : { quality }) };
        },
      },
      state: {
        params: { id },
        async handler(ctx: Context<VideoIdParams>): Promise<VideoState | null> {
          return (await this.store.find(ctx.params.id)) ?? null;
        },
      },
      /** The plan, or null while there is none. @throws blocked, and what keeps the video from ever having one */
      plan: {
        params: { id, watch: "boolean|optional", links: "boolean|optional" },
        async handler(ctx: Context<PlanParams>): Promise<Plan | null | WatchAnswer> {
          const { id, watch, links } = ctx.params;
          const [state, revoked] = await Promise.all([this.life.getState(id), links === true ? this.links.read(id) : undefined]);
          const fault = findPlanFault(state);
          if (watch === true) return { access: accessOf(state), plan: state.plan ?? null, protection: state.record.protection ?? "none", ...(fault === undefined ? {} : { fault }), ...(revoked === undefined ? {} : { revoked }) };
          if (fault !== undefined) throw fail(fault.code, fault.message, fault.reasons === undefined ? {} : { reasons: fault.reasons });
          return state.plan ?? null;
        },
      },
      ...linkActions,
      ...lifeActions,
      ...followActions,
      list: {
        params: { limit: { type: "number", integer: true, min: 1, max: 100, default: 20, convert: true }, cursor: "string|optional" },
        async handler(ctx: Context<ListVideosParams>): Promise<ListVideosResult> {
          const page = await needRedis(() => this.catalog.page(ctx.params.limit ?? 20, ctx.params.cursor, callerOf(ctx)?.tenant));
          const states = await Promise.all(page.ids.map((videoId) => this.store.find(videoId).catch(passUnreadable(this.logger))));
          const caller = callerOf(ctx);
          const isShown = (state: VideoState | undefined): state is VideoState => state !== undefined && !state.deleted && (caller === undefined || state.record.visibility === undefined || may(caller, "videos.watchPrivate"));
          const videos = await Promise.all(states.filter(isShown).map((state) => this.view(state)));
          return { videos, ...(page.next === undefined ? {} : { next: page.next }) };
        },
      },
      /** Removes an upload with its bytes, unless a video is made of it. Twice does no harm. */
      dropUpload: {
        params: { uploadId: id },
        async handler(ctx: Context<UploadIdParams>): Promise<DropUploadResult> {
          const { uploadId } = ctx.params;
          if (await this.claims.isUsed(uploadId)) return { removed: false };
          await this.store.removeUpload(uploadId);
          await ctx.call<void, SourceParams>("source.forget", { source: { kind: "upload", uploadId } }, { timeout: FORGET_MS }).catch((error: unknown) => this.logger.debug(`Caches may keep a removed upload for a while: ${errorMessage(error)}`));
          return { removed: true };
        },
      },
      /** Puts a video into the list again, after Redis was lost. */
      relist: {
        params: { id },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          const state = await this.store.find(ctx.params.id);
          if (state !== undefined && !state.deleted) await this.catalog.add(state.record);
        },
      },
    },
    events: {
      /** Of any region: each has a list of all. */
      "video.recorded": {
        async handler(ctx: Context<VideoRecorded>) {
          const { videoId, ...rest } = ctx.params;
          await withoutRedis(() => this.catalog.add({ id: videoId, ...rest }), undefined, this.logger);
        },
      },
      /** May be lost: the end of a video says the same. */
      "upload.finished": {
        async handler(ctx: Context<UploadFinished>): Promise<void> {
          const { uploadId, sha256 } = ctx.params;
          for (const videoId of await this.claims.claimContent(uploadId, sha256)) announce(this.broker, "video.arrived", { videoId });
        },
      },
      "link.revoked"(ctx: Context<LinkRevoked>) {
        const { videoId, ...revoked } = ctx.params;
        this.guard.note(videoId, revoked);
      },
      "video.deleted"(ctx: Context<{ videoId: string }>) {
        this.guard.forget(ctx.params.videoId);
        this.store.forget(ctx.params.videoId);
        this.quality.forget(ctx.params.videoId);
      },
    },
    methods: {
      /** @throws video_not_found, also for what the caller may not watch */
      async findWatched(ctx: Context<VideoIdParams>): Promise<VideoState> {
        const caller = callerOf(ctx);
        const { id } = ctx.params;
        const [state] = await Promise.all([this.life.getState(id), caller?.grant?.videoId === id ? this.guard.revocationsOf(id) : undefined]);
        if (!(await this.guard.allows(caller, accessOf(state), "any"))) throw fail("video_not_found", "There is no such video.");
        return state;
      },
      async view(state: VideoState): Promise<VideoView> {
        const { plan, record } = state;
        const names = plan === undefined ? [] : renditionsOf(plan).map((rendition) => rendition.name);
        const counts = await Promise.all(names.map((name) => withoutRedis(() => this.redis.bitcount(this.keys.stored(record.id, name)), 0, this.logger)));
        return viewVideo(state, new Map(names.map((name, index) => [name, counts[index] ?? 0])), Date.now());
      },
      /** As its tenant's policy is now; it stays with the video. */
      screeningOf(tenant: string): { screening?: ScreenedMode } {
        const mode = this.policy?.current().of(tenant).mode ?? "off";
        return mode === "off" ? {} : { screening: mode };
      },
      /** Tells the workers (one of each kind) and everyone who follows the video. */
      announce(videoId: string, type: VideoEventType, data: Record<string, unknown> = {}): void {
        this.logger.info(`Video ${videoId}: ${type}.`);
        // Nobody waits for Redis to sync a line that may be lost; those who follow are woken when it is there.
        withoutRedis(() => this.events.append(videoId, type, data), undefined, this.logger)
          .then(() => announceToAll(this.broker, "video.changed", { videoId }), (error: unknown) => this.logger.warn("An event was not logged:", error));
        if (type === "deleted" || type === "screened" || type === "reviewed") announceToAll(this.broker, `video.${type}`, { videoId });
        else announce(this.broker, `video.${type}`, { videoId });
        if (type === "planned") announceToAll(this.broker, "video.changed", { videoId });
      },
    },
    async started() {
      this.keys = redisKeys(this.settings.namespace);
      this.policy = this.settings.screening === undefined ? undefined : await openScreeningPolicy(this.settings.screening.policy, this.logger);
      const calls = storage ?? storageCalls(this.broker);
      this.store = videoStore(calls);
      this.claims = uploadClaims(this.store);
      this.quality = qualityNotes(calls);
      this.links = linkRevocations(calls);
      this.guard = openWatchGuard((videoId) => this.links.read(videoId));
      this.redis = await open(this.settings.redisUrl, this.logger);
      this.events = eventLog(this.redis, this.keys);
      this.catalog = catalog(this.redis, this.keys);
      this.traces = openTraces({
        redis: this.redis, keys: this.keys, clock: systemClock, logger: this.logger,
        forgetSource: (source) => this.broker.call<void, SourceParams>("source.forget", { source }, { timeout: FORGET_MS }),
      });
      this.life = openVideoLife({
        store: this.store, claims: this.claims, catalog: this.catalog, logger: this.logger,
        announce: (videoId, type, data) => this.announce(videoId, type, data),
        eraseTraces: (state) => this.traces.erase(state),
        noteErasure: erasureReceipts(this.broker, this.logger),
        askForLook: (videoId) => announce(this.broker, "video.submitted", { videoId }),
      });
      this.endRetention = keepRetention({ rules: settings.retention ?? {}, catalog: this.catalog, remove: (videoId) => this.life.remove(videoId), clock: systemClock, logger: this.logger });
      if (await this.catalog.isEmpty()) {
        await listAll(this.store, this.catalog, this.logger);
      }
      this.endUpkeep = keepCatalogWhole({ redis: this.redis, keys: this.keys, store: this.store, catalog: this.catalog, clock: systemClock, logger: this.logger });
    },
    async stopped() {
      await Promise.all([this.endRetention?.(), this.endUpkeep?.()]);
      this.traces?.close();
      this.policy?.close();
      closeRedis(this.redis);
    },
  };
  return schema;
}

const config = loadConfig(process.env);
export default videosService({ redisUrl: config.redisUrl, namespace: config.namespace, retention: config.retention, visibility: config.visibility, protection: config.protection, screening: { policy: config.screeningPolicy } });
