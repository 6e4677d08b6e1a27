/**
 * videos: owns the state of every video. It alone writes records, verdicts, plans and outcomes, each once, and tells
 * the mesh when one is there. It decides nothing about media. Any number may run.
 */
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { ulid } from "ulid";
import { loadConfig } from "../../config/config.ts";
import { fail } from "../../config/errors.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { renditionsOf } from "../../media/plan-video.ts";
import type { Plan } from "../../media/plan.ts";
import { announce, announceToAll } from "../../mixins/announce.ts";
import { closeRedis, needRedis, openRedis, withoutRedis } from "../../mixins/redis.ts";
import type { KnownUpload, UploadFinished, UploadIdParams } from "../source/source.contract.ts";
import { catalog, type Catalog } from "./catalog.ts";
import { eventLog, type EventLog } from "./event-log.ts";
import { qualityNotes, type QualityNotes } from "./quality-notes.ts";
import { storageCalls, type StorageCalls } from "../../mixins/storage-calls.ts";
import { recordSubmission, uploadIdentity } from "./submission.ts";
import { uploadClaims, type UploadClaims } from "./upload-claims.ts";
import { videoStatus, viewVideo } from "./video-state.ts";
import { videoStore, type VideoStore } from "./video-store.ts";
import type {
  EventsParams, ListVideosParams, ListVideosResult, NoteProgressParams, NoteQualityParams, OutcomeParams, PlannedParams, SubmitParams,
  Verdict, VerdictParams, VideoEvent, VideoEventType, VideoIdParams, VideoRecord, VideoState, VideoView,
} from "./videos.contract.ts";

interface Settings extends ServiceSettingSchema { redisUrl: string | undefined; namespace: string }
interface State { redis: Redis; keys: RedisKeys; store: VideoStore; claims: UploadClaims; events: EventLog; catalog: Catalog; quality: QualityNotes }
/** The video that stands for a submission, and whether this submission made it. */
interface Claimed { state: VideoState; created: boolean }
interface Methods {
  getState(id: string): Promise<VideoState>;
  view(state: VideoState): Promise<VideoView>;
  announce(id: string, type: VideoEventType, data?: Record<string, unknown>): void;
  claimRecord(record: VideoRecord): Promise<Claimed>;
  tidy(state: VideoState): Promise<void>;
}

const id = { type: "string", pattern: "^[0-9a-z]{26}$" } as const;

/** `open` and `storage` are the seams that tests replace. */
export function videosService(settings: Settings, open = openRedis, storage?: StorageCalls) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "videos",
    settings: { ...settings, $secureSettings: ["redisUrl"] },
    dependencies: ["storage"],
    actions: {
      submit: {
        params: { source: "object", title: "string|optional", policy: "string|optional", priority: "string|optional", labels: "object|optional", idempotencyKey: "string|optional" },
        async handler(ctx: Context<SubmitParams>): Promise<VideoView> {
          const { source } = ctx.params;
          const identity = source.kind === "url" ? source.url : await this.claims.identify(await ctx.call<KnownUpload, UploadIdParams>("source.upload", { uploadId: source.uploadId }), ctx.params);
          const record = recordSubmission({ params: ctx.params, identity, newId: ulid().toLowerCase(), now: new Date() });
          const { state, created } = await this.claimRecord(record);
          if (!created) {
            const first = state.record.source;
            if (source.kind === "upload" && !(first.kind === "upload" && first.uploadId === source.uploadId)) await this.store.removeUploadBytes(source.uploadId);
            return { ...(await this.view(state)), existing: true };
          }
          this.announce(state.record.id, "submitted");
          return await this.view(state);
        },
      },
      get: {
        params: { id },
        async handler(ctx: Context<VideoIdParams>): Promise<VideoView> {
          const state = await this.getState(ctx.params.id);
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
      /** The plan, or null while there is none. @throws what keeps the video from ever having one */
      plan: {
        params: { id },
        async handler(ctx: Context<VideoIdParams>): Promise<Plan | null> {
          const state = await this.getState(ctx.params.id);
          if (state.deleted) throw fail("video_deleted", "The video was deleted.");
          if (state.verdict?.accepted === false) throw fail("video_rejected", "The video was rejected.", { reasons: state.verdict.reasons });
          if (state.plan === undefined && state.outcome?.complete === false) throw fail("video_failed", "The video could not be planned.", { reasons: state.outcome.reasons });
          return state.plan ?? null;
        },
      },
      list: {
        params: { limit: { type: "number", integer: true, min: 1, max: 100, default: 20, convert: true }, cursor: "string|optional" },
        async handler(ctx: Context<ListVideosParams>): Promise<ListVideosResult> {
          const page = await needRedis(() => this.catalog.page(ctx.params.limit ?? 20, ctx.params.cursor));
          const states = await Promise.all(page.ids.map((videoId) => this.store.find(videoId)));
          const videos = await Promise.all(states.filter((s) => s !== undefined && !s.deleted).map((s) => this.view(s as VideoState)));
          return { videos, ...(page.next === undefined ? {} : { next: page.next }) };
        },
      },
      settle: {
        async handler(ctx: Context<VerdictParams>): Promise<void> {
          const { id, verdict } = ctx.params;
          const state = await this.getState(id);
          if (state.deleted || !(await this.store.createVerdict(id, verdict))) return;
          if (verdict.accepted) {
            this.announce(id, "validated");
            return;
          }
          await this.tidy({ ...state, verdict });
          this.announce(id, "rejected", { reasons: verdict.reasons });
        },
      },
      planned: {
        async handler(ctx: Context<PlannedParams>): Promise<void> {
          const { id, plan } = ctx.params;
          if ((await this.getState(id)).deleted || !(await this.store.createPlan(id, plan))) return;
          this.announce(id, "planned", { renditions: plan.video.map((r) => r.name) });
        },
      },
      finish: {
        async handler(ctx: Context<OutcomeParams>): Promise<void> {
          const { id, outcome } = ctx.params;
          const state = await this.getState(id);
          if (state.deleted || !(await this.store.createOutcome(id, outcome))) return;
          await this.tidy({ ...state, outcome });
          if (outcome.complete) this.announce(id, "complete");
          else this.announce(id, "failed", { reasons: outcome.reasons });
        },
      },
      remove: {
        params: { id },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          const state = await this.getState(ctx.params.id);
          const { record } = state;
          await this.store.remove(record);
          await this.tidy({ record, deleted: true });
          await withoutRedis(() => this.catalog.remove(record.id), undefined, this.logger);
          if (!state.deleted) this.announce(record.id, "deleted");
        },
      },
      /** Lets go of what an ended video no longer needs. Twice does no harm. */
      tidy: {
        params: { id },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          await this.tidy(await this.getState(ctx.params.id));
        },
      },
      events: {
        params: { id, after: { type: "string", pattern: "^\\d{1,15}-\\d{1,10}$", optional: true } },
        async handler(ctx: Context<EventsParams>): Promise<{ events: VideoEvent[] }> {
          return { events: await needRedis(() => this.events.read(ctx.params.id, ctx.params.after)) };
        },
      },
      /** Tells those who follow the video how far it has come. */
      noteProgress: {
        async handler(ctx: Context<NoteProgressParams>): Promise<void> {
          const { id, progress } = ctx.params;
          await withoutRedis(() => this.events.append(id, "progress", { ...progress }), undefined, this.logger);
          announceToAll(this.broker, "video.changed", { videoId: id });
        },
      },
      /** Keeps what a check of its segments measured. */
      noteQuality: {
        params: { id },
        async handler(ctx: Context<NoteQualityParams>): Promise<void> {
          const { id, rendition, refused } = ctx.params;
          if ((await this.getState(id)).deleted) return;
          await this.quality.note(ctx.params);
          for (const { segment, findings: [worst] } of refused) {
            await withoutRedis(() => this.events.append(id, "refused", { rendition, segment, ...worst }), undefined, this.logger);
          }
          if (refused.length > 0) announceToAll(this.broker, "video.changed", { videoId: id });
        },
      },
      /** Puts a video into the list again, after Redis was lost. */
      relist: {
        params: { id },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          const state = await this.store.find(ctx.params.id);
          if (state !== undefined && !state.deleted) await this.catalog.add(state.record.id, state.record.createdAt);
        },
      },
    },
    events: {
      /** May be lost: the end of a video says the same. */
      "upload.finished": {
        async handler(ctx: Context<UploadFinished>): Promise<void> {
          const { uploadId, sha256 } = ctx.params;
          for (const videoId of await this.claims.claimContent(uploadId, sha256)) announce(this.broker, "video.arrived", { videoId });
        },
      },
      "video.deleted"(ctx: Context<{ videoId: string }>) {
        this.store.forget(ctx.params.videoId);
        this.quality.forget(ctx.params.videoId);
      },
    },
    methods: {
      async getState(videoId: string): Promise<VideoState> {
        const state = await this.store.find(videoId);
        if (state === undefined) throw fail("video_not_found", "There is no such video.");
        return state;
      },
      async view(state: VideoState): Promise<VideoView> {
        const { plan, record } = state;
        const names = plan === undefined ? [] : renditionsOf(plan).map((rendition) => rendition.name);
        const counts = await Promise.all(names.map((name) => withoutRedis(() => this.redis.bitcount(this.keys.stored(record.id, name)), 0, this.logger)));
        return viewVideo(state, new Map(names.map((name, index) => [name, counts[index] ?? 0])), Date.now());
      },
      /** The mark goes last: until then a reconciler comes back to the video. */
      async tidy({ record, verdict, outcome, deleted }: VideoState): Promise<void> {
        const { source } = record;
        const useless = deleted || verdict?.accepted === false;
        if (useless || outcome?.complete === false) await this.store.releaseClaim(record.claim, record.id);
        if (source.kind === "upload") {
          if (useless && !mayGoOn(verdict) && !(await this.claims.sharesUpload(record, source.uploadId))) await this.store.removeUpload(source.uploadId);
          const sha256 = outcome?.complete === true && record.identity === uploadIdentity(source.uploadId) ? await this.store.findUploadHash(source.uploadId) : undefined;
          if (sha256 !== undefined) await this.claims.claimContent(source.uploadId, sha256);
        }
        await this.store.close(record.id);
      },
      /** Tells the workers (one of each kind) and everyone who follows the video. */
      announce(videoId: string, type: VideoEventType, data: Record<string, unknown> = {}): void {
        this.logger.info(`Video ${videoId}: ${type}.`);
        // Nobody waits for Redis to sync a line that may be lost; those who follow are woken when it is there.
        withoutRedis(() => this.events.append(videoId, type, data), undefined, this.logger)
          .then(() => announceToAll(this.broker, "video.changed", { videoId }), (error: unknown) => this.logger.warn("An event was not logged:", error));
        if (type === "deleted") announceToAll(this.broker, "video.deleted", { videoId });
        else announce(this.broker, `video.${type}`, { videoId });
        if (type === "planned") announceToAll(this.broker, "video.changed", { videoId });
      },
      /** Makes the record durable, unless the source is already a video that is fine: then that one. */
      async claimRecord(record: VideoRecord): Promise<Claimed> {
        const repeated = await this.store.find(record.id);
        if (repeated !== undefined) {
          if (repeated.record.request !== record.request) throw fail("idempotency_conflict", "This Idempotency-Key was used with another request.");
          return { state: repeated, created: false };
        }
        for (let attempt = 0; attempt < 3; attempt++) {
          const owner = await this.store.claim(record.claim, record.id);
          const existing = owner === record.id ? undefined : await this.store.find(owner);
          if (existing === undefined) {
            // Nobody recorded the owner yet: who writes its record first makes it, whether that is its own poster or not.
            const owned = { ...record, id: owner };
            const [created] = await Promise.all([
              this.store.createRecord(owned),
              withoutRedis(() => this.catalog.add(owner, owned.createdAt), undefined, this.logger), // a list passes over what has no record
            ]);
            if (created) return { state: { record: owned, deleted: false }, created };
            const first = await this.store.find(owner);
            if (first?.record.claim === record.claim) return { state: first, created };
            await this.store.releaseClaim(record.claim, owner); // else this source would stand for the other one
            throw fail("idempotency_conflict", "This Idempotency-Key is being used with another request.");
          }
          if (["submitted", "ready", "complete"].includes(videoStatus(existing))) return { state: existing, created: false };
          await this.store.releaseClaim(record.claim, owner); // of a video that was rejected, failed or deleted
        }
        throw fail("overloaded", "The source is being posted by others at the same time.");
      },
    },
    async started() {
      this.keys = redisKeys(this.settings.namespace);
      const calls = storage ?? storageCalls(this.broker);
      this.store = videoStore(calls);
      this.claims = uploadClaims(this.store);
      this.quality = qualityNotes(calls);
      this.redis = await open(this.settings.redisUrl, this.logger);
      this.events = eventLog(this.redis, this.keys);
      this.catalog = catalog(this.redis, this.keys);
      if (await this.catalog.isEmpty()) {
        for await (const videoId of this.store.allIds()) {
          const state = await this.store.find(videoId);
          if (state !== undefined && !state.deleted) await this.catalog.add(videoId, state.record.createdAt);
        }
      }
    },
    async stopped() {
      closeRedis(this.redis);
    },
  };
  return schema;
}

/** An upload that came no further may still be finished, and posted again. */
function mayGoOn(verdict: Verdict | undefined): boolean {
  return verdict?.accepted === false && verdict.reasons.some((reason) => reason.class === "upload_incomplete");
}

const config = loadConfig(process.env);
export default videosService({ redisUrl: config.redisUrl, namespace: config.namespace });
