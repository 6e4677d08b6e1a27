/**
 * scheduler: turns a validated video into a plan and feeds the queue with what its policy wants, sees when all of it is
 * stored, and continues what a lost event or a dead node left. It never touches media bytes. Any number may run.
 */
import { randomInt } from "node:crypto";
import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { errorMessage } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import { registerMetrics, type MetricWriter } from "../../config/metrics/register-metrics.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { planOf } from "../../media/plan-video.ts";
import { codecsUnder } from "../../media/protection.ts";
import type { EncoderChoice } from "../../media/video-encoders.ts";
import { openClaims } from "../../mixins/claims.ts";
import { closeRedis, needRedis, openRedis, renewLog, withoutRedis } from "../../mixins/redis.ts";
import { QUEUE_LANES, type JobView, type QueueCounts } from "../../mixins/work-queue/work-queue.contract.ts";
import { openWorkQueue, type WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import { worksHere } from "../../mixins/works-here.ts";
import type { DigestsParams, DigestsResult, SourceFacts, SourceParams } from "../source/source.contract.ts";
import type { ListResult } from "../storage/storage.contract.ts";
import type { ChunkParams, SegmentRefused, SegmentStored } from "../transcoder/transcoder.contract.ts";
import type { ComparedParams, NoteMomentsParams, Outcome, OutcomeParams, PlannedParams, VideoEventPayload, VideoIdParams, VideoState, VideoView } from "../videos/videos.contract.ts";
import { adopterPorts, openAdopter, type Adopter } from "./adopter.ts";
import { admit, type TenantLimits } from "./admission.ts";
import { openFeeder, type Feeder } from "./feeder.ts";
import { openOperations, type Operations } from "./operations.ts";
import { openQueueMeter } from "./queue-meter.ts";
import { reportQueue } from "./queue-report.ts";
import { openReconciler, type Reconciler } from "./reconciler.ts";
import type { AdmitParams, DeadParams, LaneParams, PoisonParams, QueueReport, SegmentWatched, StoryAnswer, WarmParams, WarmResult } from "./scheduler.contract.ts";
import { listSheets, recountSettled, refusedIndex, settledIndex, storedIndex } from "./stored-index.ts";
import { throttle, type Throttle } from "./throttle.ts";
import type { Random } from "./twins/sample-blocks.ts";
import { openWarming, type Warming } from "./warming.ts";
import { openTwins, type Twins } from "./twins/twins.ts";

interface Settings extends ServiceSettingSchema { redisUrl: string | undefined; namespace: string; encoders: EncoderChoice; tenants: TenantLimits; /** Whether there are other regions. */ regional?: boolean }
interface State { metrics: MetricWriter<"scheduler">; begun: LRUCache<string, true>; adopter: Adopter | undefined; redis: Redis; keys: RedisKeys; queue: WorkQueue<ChunkParams>; feeder: Feeder; operations: Operations; warming: Warming; progress: Throttle; twins: Twins; reconciler: Reconciler; meter: NodeJS.Timeout; stored: ReturnType<typeof storedIndex>; refused: ReturnType<typeof refusedIndex> }
interface Methods {
  getState(videoId: string): Promise<VideoState | undefined>;
  noteStored(videoId: string): void;
}

const METER_MS = 2_000;
const KEPT_BEGUN = 10_000;
const PROGRESS_MS = 400;
const LONG_MS = 60_000;
/** It waits its turn, and nobody waits for it. */
const SCREEN_MS = 10 * 60_000;

/** `random` is the seam that tests replace: nobody may know beforehand which parts of sources are compared. */
export function schedulerService(settings: Settings, random: Random = randomInt) {
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
          const { codecs, kind } = this.settings.encoders;
          await ctx.call<void, PlannedParams>("videos.planned", { id, plan: planOf(state.verdict.facts, codecsUnder(state.record.protection ?? "none", codecs), kind) });
        },
      },
      /** Queues what the policy wants and the store does not have, or finishes the video when it has all. */
      feed: {
        params: { id: "string" },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          await this.feeder.feed(ctx.params.id);
        },
      },
      queue: {
        async handler(): Promise<QueueCounts> {
          return await needRedis(() => this.queue.counts());
        },
      },
      /** All of the queue that operators look at. */
      report: {
        async handler(): Promise<QueueReport> {
          return await needRedis(() => reportQueue(this.queue, Date.now()));
        },
      },
      /** What became of a video's work. */
      story: {
        params: { id: "string" },
        async handler(ctx: Context<VideoIdParams>): Promise<StoryAnswer> {
          return (await needRedis(() => this.queue.story(ctx.params.id))) ?? null;
        },
      },
      /** Whether the tenant may submit another video now. @throws too_many_requests */
      admit: {
        params: { tenant: "string" },
        async handler(ctx: Context<AdmitParams>): Promise<void> {
          await admit(this.queue, this.settings.tenants, ctx.params.tenant, this.logger);
        },
      },
      /** Its work hands out nothing until `resume`: what runs goes on. */
      pause: {
        params: { lane: { type: "enum", values: [...QUEUE_LANES] } },
        async handler(ctx: Context<LaneParams>): Promise<void> {
          await needRedis(() => this.queue.pause(ctx.params.lane));
          this.logger.info(`Lane ${ctx.params.lane} is paused.`);
        },
      },
      resume: {
        params: { lane: { type: "enum", values: [...QUEUE_LANES] } },
        async handler(ctx: Context<LaneParams>): Promise<void> {
          await needRedis(() => this.queue.resume(ctx.params.lane));
          this.logger.info(`Lane ${ctx.params.lane} goes on.`);
        },
      },
      /** What the queue has of a video. */
      jobs: {
        params: { id: "string" },
        async handler(ctx: Context<VideoIdParams>): Promise<JobView<ChunkParams>[]> {
          return await needRedis(() => this.queue.jobsOf(ctx.params.id));
        },
      },
      /** Work that was set aside, the latest first. */
      dead: {
        params: { limit: { type: "number", integer: true, min: 1, max: 1000, default: 100, convert: true } },
        async handler(ctx: Context<DeadParams>): Promise<JobView<ChunkParams>[]> {
          return await needRedis(() => this.queue.dead(ctx.params.limit ?? 100));
        },
      },
      /** Gives a video that failed, and its work that was set aside, another chance. @throws video_not_found, conflict */
      retry: {
        params: { id: "string" },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          await this.operations.retry(ctx.params.id);
        },
      },
      /** Ends a video's work in the background; what is there plays on. @throws video_not_found, conflict */
      cancel: {
        params: { id: "string" },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          await this.operations.cancel(ctx.params.id);
        },
      },
      /** Makes a part of what viewers are expected to begin with, while the region has nothing else to do. */
      warm: {
        async handler(ctx: Context<WarmParams>): Promise<WarmResult> {
          return await needRedis(() => this.warming.warm(ctx.params));
        },
      },
      /** They are not expected any more. */
      unwarm: {
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          await needRedis(() => this.warming.unwarm(ctx.params.id));
        },
      },
      check: {
        async handler(): Promise<void> {
          await needRedis(() => this.redis.ping());
        },
      },
      poison: {
        async handler(ctx: Context<PoisonParams>): Promise<void> {
          await this.feeder.poison(ctx.params);
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
          if (state !== undefined) await this.feeder.enqueue(state);
          await this.feeder.finishIfStored(ctx.params.videoId);
        },
      },
      "video.arrived": {
        async handler(ctx: Context<VideoEventPayload>) {
          await ctx.call("scheduler.feed", { id: ctx.params.videoId });
        },
      },
      "video.deleted": {
        async handler(ctx: Context<VideoEventPayload>) {
          await this.queue.cancel(ctx.params.videoId);
          await this.warming.unwarm(ctx.params.videoId);
        },
      },
      "video.failed": {
        async handler(ctx: Context<VideoEventPayload>) {
          await this.queue.cancel(ctx.params.videoId, "keep what was set aside");
        },
      },
      "segment.stored": {
        async handler(ctx: Context<SegmentStored>) {
          const { videoId, rendition, segment } = ctx.params;
          await withoutRedis(() => this.stored.mark(videoId, rendition, segment), undefined, this.logger);
          this.noteStored(videoId);
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
          await this.feeder.watch(ctx.params);
        },
      },
    },
    methods: {
      /** Each scheduler notes once what it heard; the first of them counts. */
      noteStored(videoId: string): void {
        if (this.begun.has(videoId)) return;
        this.begun.set(videoId, true);
        this.broker.call<void, NoteMomentsParams>("videos.noteMoments", { id: videoId, moments: { stored: Date.now() } })
          .catch((error: unknown) => this.logger.debug(`A first segment was not noted: ${errorMessage(error)}`));
      },
      async getState(videoId: string): Promise<VideoState | undefined> {
        const state = await this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId });
        return state === null || state.deleted ? undefined : state;
      },
    },
    created() {
      this.metrics = registerMetrics(this.broker, "scheduler");
      this.begun = new LRUCache(upTo(KEPT_BEGUN));
    },
    async started() {
      this.keys = redisKeys(this.settings.namespace);
      this.redis = await openRedis(this.settings.redisUrl, this.logger);
      renewLog(this.redis, this.logger);
      const { maxWaiting, weights } = this.settings.tenants;
      this.queue = openWorkQueue<ChunkParams>({ redis: this.redis, prefix: this.keys.queuePrefix, maxWaiting, weights });
      const list = (prefix: string, after: string | undefined): Promise<ListResult> =>
        this.broker.call("storage.list", { prefix, ...(after === undefined ? {} : { after }) });
      this.stored = storedIndex(this.redis, this.keys, list);
      this.refused = refusedIndex(this.redis, this.keys, list);
      const settled = settledIndex(this.stored, this.refused);
      const elect = async (key: string, forMs: number): Promise<boolean> => (await this.redis.set(`${this.settings.namespace}:nudge:${key}`, this.broker.nodeID, "PX", forMs, "NX")) === "OK";
      this.twins = openTwins({
        logger: this.logger, random, elect, claims: openClaims(storageCalls(this.broker)),
        state: (id) => this.getState(id),
        settled,
        digests: (params) => this.broker.call<DigestsResult, DigestsParams>("source.digests", params, { timeout: LONG_MS, retries: 0 }),
        compared: (id, twin) => this.broker.call<void, ComparedParams>("videos.compared", { id, twin }),
      });
      const videos = {
        now: () => new Date(),
        state: (videoId: string) => this.getState(videoId),
        finish: (id: string, outcome: Outcome) => this.broker.call<void, OutcomeParams>("videos.finish", { id, outcome }),
      };
      this.feeder = openFeeder({
        ...videos, queue: this.queue, stored: this.stored, refused: this.refused, settled, twins: this.twins,
        arrived: async ({ record: { source } }) => (source.kind === "url" ? Infinity : (await this.broker.call<SourceFacts, SourceParams>("source.open", { source })).arrived ?? Infinity),
      });
      this.warming = openWarming({ queue: this.queue, settled, recount: recountSettled(this.stored, this.refused), state: videos.state, sheets: (videoId) => listSheets(videoId, list) });
      this.operations = openOperations({ ...videos, feeder: this.feeder, queue: { revive: (id) => needRedis(() => this.queue.revive(id)) }, reopen: (id) => this.broker.call("videos.reopen", { id }) });
      this.progress = throttle(PROGRESS_MS, async (videoId) => {
        const { progress, status } = await this.broker.call<VideoView, VideoIdParams>("videos.get", { id: videoId });
        if (progress !== undefined && status === "ready") await this.broker.call("videos.noteProgress", { id: videoId, progress });
        await this.feeder.finishIfStored(videoId);
      }, (error) => this.logger.debug(`Progress could not be told: ${errorMessage(error)}`));
      const measureQueue = openQueueMeter(this.metrics, this.queue, Object.keys(weights));
      this.meter = setInterval(() => {
        measureQueue().then(() => this.metrics.set("lectern_redis_answers", 1), (error: unknown) => {
          this.metrics.set("lectern_redis_answers", 0);
          this.logger.debug(`The queue was not measured: ${errorMessage(error)}`);
        });
      }, METER_MS);
      this.reconciler = openReconciler({
        logger: this.logger,
        listOpen: async (after) => await this.broker.call<ListResult, object>("storage.list", { prefix: objectKeys.allOpen, ...(after === undefined ? {} : { after }) }),
        elect,
        state: async (id) => await this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id }),
        validate: async (id) => await this.broker.call("validator.validate", { id }, { timeout: LONG_MS }),
        plan: async (id) => await this.broker.call("scheduler.plan", { id }),
        feed: async (id) => await this.broker.call("scheduler.feed", { id }, { timeout: LONG_MS }),
        screen: async (id) => await this.broker.call("screening.screen", { id }, { timeout: SCREEN_MS, retries: 0 }),
        unmark: async (key) => await this.broker.call("storage.remove", { key }),
        bury: async (id) => await this.broker.call("videos.bury", { id }),
        tidy: async (id) => await this.broker.call("videos.tidy", { id }),
        relist: async (id) => await this.broker.call("videos.relist", { id }),
        isOurs: async (id) => await worksHere(this.broker, id),
      });
      if (this.settings.regional === true) this.adopter = openAdopter(adopterPorts(this.broker, this.logger));
    },
    async stopped() {
      clearInterval(this.meter);
      await this.adopter?.close();
      await this.reconciler?.close();
      this.progress?.close();
      closeRedis(this.redis);
    },
  };
  return schema;
}

const config = loadConfig(process.env);
export default schedulerService({ redisUrl: config.redisUrl, namespace: config.namespace, encoders: { kind: config.encoder, codecs: config.videoCodecs }, tenants: { maxWaiting: config.tenantQueue, weights: config.tenantWeights }, regional: config.regions !== undefined });
