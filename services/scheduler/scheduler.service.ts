/**
 * scheduler: turns a validated video into a plan and feeds the queue with what its policy wants, sees when all of it is
 * stored, and continues what a lost event or a dead node left. It never touches media bytes. Any number may run.
 */
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { arrivedSegments } from "../../media/arrived-segments.ts";
import { findRendition, planOf, renditionsOf } from "../../media/plan-video.ts";
import { plannedSegments } from "../../media/policy.ts";
import type { EncoderChoice } from "../../media/video-encoders.ts";
import { openChunkQueue, type ChunkQueue } from "../../mixins/queue-worker.ts";
import { closeRedis, openRedis, withoutRedis } from "../../mixins/redis.ts";
import type { SourceFacts, SourceParams } from "../source/source.contract.ts";
import type { ListResult } from "../storage/storage.contract.ts";
import type { SegmentRefused, SegmentStored } from "../transcoder/transcoder.contract.ts";
import { REASON_CLASSES } from "../videos/videos.contract.ts";
import type { OutcomeParams, PlannedParams, VideoEventPayload, VideoIdParams, VideoState, VideoView } from "../videos/videos.contract.ts";
import { laneOf, planChunks, planReadAhead, planSheets } from "./chunks.ts";
import { openReconciler, type Reconciler } from "./reconciler.ts";
import type { PoisonParams, QueueCounts, SegmentWatched } from "./scheduler.contract.ts";
import { refusedIndex, storedIndex, type StoredIndex } from "./stored-index.ts";
import { throttle, type Throttle } from "./throttle.ts";

interface Settings extends ServiceSettingSchema { redisUrl: string | undefined; namespace: string; encoders: EncoderChoice }
interface State { redis: Redis; keys: RedisKeys; queue: ChunkQueue; stored: StoredIndex; refused: StoredIndex; progress: Throttle; reconciler: Reconciler; meter: NodeJS.Timeout }
interface Methods {
  getState(videoId: string): Promise<VideoState | undefined>;
  readSettled(videoId: string, rendition: string): Promise<(segment: number) => boolean>;
  countArrived(state: VideoState): Promise<number>;
  enqueue(state: VideoState): Promise<void>;
  finishIfStored(videoId: string): Promise<void>;
  measureQueue(): Promise<void>;
}

const METER_MS = 2_000;
const PROGRESS_MS = 400;
const LONG_MS = 60_000;

export function schedulerService(settings: Settings) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "scheduler",
    settings: { ...settings, $secureSettings: ["redisUrl"] },
    dependencies: ["storage", "videos"],
    actions: {
      /** Plans a validated video. Twice gives the same plan. */
      plan: {
        params: { id: "string" },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          const { id } = ctx.params;
          const state = await this.getState(id);
          if (state?.verdict?.accepted !== true || state.plan !== undefined) return;
          await ctx.call<void, PlannedParams>("videos.planned", { id, plan: planOf(state.verdict.facts, this.settings.encoders.codecs, this.settings.encoders.kind) });
        },
      },
      /** Queues what the policy wants and the store does not have, or finishes the video when it has all. */
      feed: {
        params: { id: "string" },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          const state = await this.getState(ctx.params.id);
          if (state?.plan === undefined || state.outcome !== undefined) return;
          for (const { name } of renditionsOf(state.plan)) await Promise.all([this.stored.recount(ctx.params.id, name), this.refused.recount(ctx.params.id, name)]);
          try {
            await this.enqueue(state);
            await this.finishIfStored(ctx.params.id);
          } catch (error) {
            if (findErrorCode(error) !== "upload_incomplete") throw error;
            const reason = { class: "upload_incomplete" as const, message: errorMessage(error) };
            await ctx.call<void, OutcomeParams>("videos.finish", { id: ctx.params.id, outcome: { complete: false, at: new Date().toISOString(), reasons: [reason] } });
          }
        },
      },
      queue: {
        async handler(): Promise<QueueCounts> {
          return await this.queue.counts();
        },
      },
      check: {
        async handler(): Promise<void> {
          await this.queue.ping();
        },
      },
      poison: {
        async handler(ctx: Context<PoisonParams>): Promise<void> {
          const { videoId, renditions, first, last, message, code } = ctx.params;
          const rendition = renditions.join(", ");
          const reason = { class: REASON_CLASSES.find((name) => name === code) ?? "encode_failed", message: `Segments ${first} to ${last} of ${rendition} could not be made.`, rendition, first, last, detail: message };
          await ctx.call<void, OutcomeParams>("videos.finish", { id: videoId, outcome: { complete: false, at: new Date().toISOString(), reasons: [reason] } });
        },
      },
    },
    events: {
      "video.validated": {
        async handler(ctx: Context<VideoEventPayload>) {
          await ctx.call("scheduler.plan", { id: ctx.params.videoId });
        },
      },
      "video.planned": {
        async handler(ctx: Context<VideoEventPayload>) {
          const state = await this.getState(ctx.params.videoId);
          if (state !== undefined) await this.enqueue(state);
          await this.finishIfStored(ctx.params.videoId);
        },
      },
      "video.arrived": {
        async handler(ctx: Context<VideoEventPayload>) {
          await ctx.call("scheduler.feed", { id: ctx.params.videoId });
        },
      },
      "video.deleted": {
        async handler(ctx: Context<VideoEventPayload>) {
          await this.queue.removeVideo(ctx.params.videoId);
        },
      },
      "segment.stored": {
        async handler(ctx: Context<SegmentStored>) {
          const { videoId, rendition, segment } = ctx.params;
          await withoutRedis(() => this.stored.mark(videoId, rendition, segment), undefined, this.logger);
          this.progress.touch(videoId);
        },
      },
      "segment.refused": {
        async handler(ctx: Context<SegmentRefused>) {
          const { videoId, rendition, segment } = ctx.params;
          await withoutRedis(() => this.refused.mark(videoId, rendition, segment), undefined, this.logger);
          this.progress.touch(videoId);
        },
      },
      /** A viewer goes on to the next segments of an encode: they are made before they are asked for. */
      "segment.watched": {
        async handler(ctx: Context<SegmentWatched>) {
          const { videoId, rendition: name, segment } = ctx.params;
          const plan = (await this.getState(videoId))?.plan;
          const rendition = plan === undefined ? undefined : findRendition(plan, name);
          if (plan === undefined || rendition === undefined) return;
          const job = planReadAhead(videoId, plan, rendition, segment, await this.readSettled(videoId, name));
          if (job !== undefined) await this.queue.add("play", [job]);
        },
      },
    },
    methods: {
      async measureQueue(): Promise<void> {
        for (const [lane, counts] of Object.entries(await this.queue.counts())) {
          for (const [state, count] of Object.entries(counts)) this.broker.metrics.set("lectern.queue.jobs", count, { lane, state });
        }
      },
      async getState(videoId: string): Promise<VideoState | undefined> {
        const state = await this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId });
        return state === null || state.deleted ? undefined : state;
      },
      /** How many bytes of the source are there: all, but of an upload that is still coming. @throws upload_incomplete when no more of that will come */
      async countArrived({ record: { source } }: VideoState): Promise<number> {
        return source.kind === "url" ? Infinity : (await this.broker.call<SourceFacts, SourceParams>("source.open", { source })).arrived ?? Infinity;
      },
      /** What cannot be made before more of the source is there, is queued when it is. */
      async enqueue(state: VideoState): Promise<void> {
        const { record, plan, outcome } = state;
        if (plan === undefined || outcome !== undefined) return;
        const arrived = await this.countArrived(state);
        const segments = arrivedSegments(plan, arrived);
        const marks = new Map(await Promise.all(renditionsOf(plan).map(async (r) => [r.name, await this.readSettled(record.id, r.name)] as const)));
        const jobs = planChunks(record.id, plan, record.policy, record.priority, (rendition, segment) => marks.get(rendition)?.(segment) ?? false).filter(({ chunk }) => chunk.last < segments);
        const lane = laneOf(record.priority);
        const [poison] = await this.queue.findFailed(lane, jobs.map((job) => job.id));
        // Its report was lost: the queue would not take it again.
        if (poison !== undefined) return await this.broker.call("scheduler.poison", { ...poison.chunk, message: poison.message });
        await this.queue.add(lane, jobs);
        if (arrived === Infinity) await this.queue.add("bulk", planSheets(record.id, plan, record.policy));
      },
      /** Which segments nobody has to make: those that are stored, and those that were refused. */
      async readSettled(videoId: string, rendition: string): Promise<(segment: number) => boolean> {
        const [isStored, isRefused] = await Promise.all([this.stored.read(videoId, rendition), this.refused.read(videoId, rendition)]);
        return (segment) => isStored(segment) || isRefused(segment);
      },
      /** The index says whether it is worth a look; the store says whether it is so. */
      async finishIfStored(videoId: string): Promise<void> {
        const state = await this.getState(videoId);
        const plan = state?.plan;
        if (state === undefined || plan === undefined || state.outcome !== undefined) return;
        const wanted = renditionsOf(plan).map((rendition) => ({ name: rendition.name, count: plannedSegments(plan, rendition, state.record.policy) }));
        for (const { name, count } of wanted) if ((await this.stored.count(videoId, name, count)) + (await this.refused.count(videoId, name, count)) < count) return;
        let refusedSegments = 0;
        for (const { name, count } of wanted) {
          const stored = count === 0 ? new Set<number>() : await this.stored.recount(videoId, name);
          const missing = Array.from({ length: count }, (_, segment) => segment).filter((segment) => !stored.has(segment));
          const refused = missing.length === 0 ? new Set<number>() : await this.refused.recount(videoId, name);
          if (missing.some((segment) => !refused.has(segment))) return;
          refusedSegments += missing.length;
        }
        if ((await this.countArrived(state)) !== Infinity) return;
        await this.broker.call<void, OutcomeParams>("videos.finish", { id: videoId, outcome: { complete: true, at: new Date().toISOString(), ...(refusedSegments === 0 ? {} : { refusedSegments }) } });
      },
    },
    async started() {
      this.keys = redisKeys(this.settings.namespace);
      this.redis = await openRedis(this.settings.redisUrl, this.logger);
      this.queue = openChunkQueue(this.settings.redisUrl, this.keys.queuePrefix, this.logger);
      const list = (prefix: string, after: string | undefined): Promise<ListResult> =>
        this.broker.call("storage.list", { prefix, ...(after === undefined ? {} : { after }) });
      this.stored = storedIndex(this.redis, this.keys, list);
      this.refused = refusedIndex(this.redis, this.keys, list);
      this.progress = throttle(PROGRESS_MS, async (videoId) => {
        const { progress, status } = await this.broker.call<VideoView, VideoIdParams>("videos.get", { id: videoId });
        if (progress !== undefined && status === "ready") await this.broker.call("videos.noteProgress", { id: videoId, progress });
        await this.finishIfStored(videoId);
      }, (error) => this.logger.debug(`Progress could not be told: ${errorMessage(error)}`));
      this.broker.metrics.register({ name: "lectern.queue.jobs", type: "gauge", labelNames: ["lane", "state"], description: "Chunks in the region's queue" });
      this.meter = setInterval(() => {
        this.measureQueue().catch((error: unknown) => this.logger.debug(`The queue was not measured: ${errorMessage(error)}`));
      }, METER_MS);
      this.reconciler = openReconciler({
        logger: this.logger,
        listOpen: async (after) => await this.broker.call<ListResult, object>("storage.list", { prefix: objectKeys.allOpen, ...(after === undefined ? {} : { after }) }),
        elect: async (key, forMs) => (await this.redis.set(`${this.settings.namespace}:nudge:${key}`, this.broker.nodeID, "PX", forMs, "NX")) === "OK",
        state: async (id) => await this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id }),
        validate: async (id) => await this.broker.call("validator.validate", { id }, { timeout: LONG_MS }),
        plan: async (id) => await this.broker.call("scheduler.plan", { id }),
        feed: async (id) => await this.broker.call("scheduler.feed", { id }, { timeout: LONG_MS }),
        unmark: async (id) => await this.broker.call("storage.remove", { key: objectKeys.open(id) }),
        tidy: async (id) => await this.broker.call("videos.tidy", { id }),
        relist: async (id) => await this.broker.call("videos.relist", { id }),
      });
    },
    async stopped() {
      clearInterval(this.meter);
      await this.reconciler?.close();
      this.progress?.close();
      await this.queue?.close();
      closeRedis(this.redis);
    },
  };
  return schema;
}

const config = loadConfig(process.env);
export default schedulerService({ redisUrl: config.redisUrl, namespace: config.namespace, encoders: { kind: config.encoder, codecs: config.videoCodecs } });
