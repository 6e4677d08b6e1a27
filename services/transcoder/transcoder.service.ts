/**
 * transcoder: makes segments: at once when a viewer waits (`make`), in runs from the queue (`chunk`). What it made it
 * answers, puts into the object store, and announces. It may die at any time: nothing here is the only copy of anything.
 */
import { availableParallelism } from "node:os";
import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import { Errors, type Context, type ServiceSchema, type ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { errorMessage, fail, findErrorCode } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { mediaName } from "../../media/media-names.ts";
import type { Plan } from "../../media/plan.ts";
import { announce } from "../../mixins/announce.ts";
import { replyBytes } from "../../mixins/byte-reply.ts";
import { closeDemuxer, openDemuxer, type Demuxer } from "../../mixins/demuxer/demuxer.ts";
import { openChunkWorkers, type ChunkWorkers } from "../../mixins/queue-worker.ts";
import { closeRedis, openRedis, withoutRedis } from "../../mixins/redis.ts";
import { openSourceDoor, type SourceDoor } from "../../mixins/source-door.ts";
import { rememberFailure, sourceKey, sourceReader } from "../../mixins/source-reader.ts";
import type { KeyParams, PutParams, PutResult } from "../storage/storage.contract.ts";
import type { VideoEventPayload, VideoIdParams, VideoState } from "../videos/videos.contract.ts";
import { unlessAborted } from "./cancelled.ts";
import { warmFfmpeg } from "./ffmpeg.ts";
import { openSlots, type Slots } from "./slots.ts";
import type { ChunkParams, ChunkResult, MakeParams, SegmentStored } from "./transcoder.contract.ts";
import { openWorkshop, type Job, type Made, type Workshop } from "./workshop.ts";

interface Settings extends ServiceSettingSchema { redisUrl: string | undefined; namespace: string; slots: number }
interface State {
  redis: Redis; keys: RedisKeys; demuxer: Demuxer; door: SourceDoor; slots: Slots; workshop: Workshop; workers: ChunkWorkers;
  states: LRUCache<string, VideoState & { plan: Plan }>;
  /** Work under way, by video: aborted when the video is deleted or the node leaves. */
  running: Map<string, Set<AbortController>>;
  /** The same work: a node that leaves waits until its FFmpegs have ended. */
  working: Set<Promise<unknown>>;
  /** Files being put into the store, by video. */
  publishing: Map<string, Set<Promise<void>>>;
  /** Keys of files that the store did not take when they were made. */
  unstored: LRUCache<string, true>;
}
interface Methods {
  getVideo(videoId: string): Promise<VideoState & { plan: Plan }>;
  withJob<T>(videoId: string, work: (job: Job) => Promise<T>): Promise<T>;
  publish(videoId: string, made: Made): void;
  runChunk(chunk: ChunkParams): Promise<ChunkResult>;
  isGone(videoId: string): Promise<boolean>;
}

const CHUNK_MS = 20 * 60_000;
/** How long a segment stays in Redis for other nodes: until the store has it, and the first rush is over. */
const WARM_SEC = 60;
const MAX_WARM_BYTES = 1024 * 1024;

export function transcoderService(settings: Settings) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "transcoder",
    settings: { ...settings, $secureSettings: ["redisUrl"] },
    dependencies: ["storage", "source", "videos"],
    actions: {
      make: {
        params: { videoId: "string", rendition: "string", segment: [{ type: "equal", value: "init" }, { type: "number", integer: true, min: 0 }] },
        async handler(ctx: Context<MakeParams>) {
          const { videoId, rendition, segment } = ctx.params;
          const bytes = await this.withJob(videoId, (job) => this.workshop.make(job, rendition, segment));
          return replyBytes(ctx, bytes);
        },
      },
      chunk: {
        async handler(ctx: Context<ChunkParams>): Promise<ChunkResult> {
          return await this.runChunk(ctx.params);
        },
      },
      load: {
        handler(): { slots: number; play: number; background: number; waiting: number } {
          return { slots: this.settings.slots, ...this.slots.busy() };
        },
      },
      check: {
        async handler(): Promise<void> {
          await warmFfmpeg();
        },
      },
    },
    events: {
      "video.deleted"(ctx: Context<VideoEventPayload>) {
        this.states.delete(ctx.params.videoId);
        for (const controller of this.running.get(ctx.params.videoId) ?? []) controller.abort();
      },
    },
    methods: {
      async getVideo(videoId: string): Promise<VideoState & { plan: Plan }> {
        const known = this.states.get(videoId);
        if (known !== undefined) return known;
        const state = await this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId });
        if (state === null) throw fail("video_not_found", "There is no such video.");
        if (state.deleted) throw fail("video_deleted", "The video was deleted.");
        if (state.plan === undefined || state.verdict?.accepted !== true) throw fail("plan_pending", "The video has no plan yet.");
        const planned = { ...state, plan: state.plan };
        this.states.set(videoId, planned);
        return planned;
      },
      async withJob<T>(videoId: string, work: (job: Job) => Promise<T>): Promise<T> {
        const { plan, record, verdict } = await this.getVideo(videoId);
        if (verdict?.accepted !== true) throw fail("plan_pending", "The video has no plan yet.");
        const controller = new AbortController();
        const controllers = this.running.get(videoId) ?? new Set();
        this.running.set(videoId, controllers.add(controller));
        const { read, failure } = rememberFailure(sourceReader(this.broker, record.source, verdict.sourceVersion));
        const source = { key: sourceKey(record.source, verdict.sourceVersion), size: plan.facts.size };
        const working = work({
          videoId, plan, signal: controller.signal,
          readPackets: (span) => unlessAborted(controller.signal, this.demuxer.packets(source, read, span)),
          openFile: () => this.door.open({ size: plan.facts.size, read }),
        });
        this.working.add(working);
        try {
          return await working;
        } catch (error) {
          throw failure() ?? error; // FFmpeg's own complaint is only what came of it
        } finally {
          this.working.delete(working);
          controllers.delete(controller);
          if (controllers.size === 0) this.running.delete(videoId);
        }
      },
      /** Puts a file into the store, unless it is there, and says so. A viewer does not wait for it. */
      publish(videoId: string, { rendition, segment, bytes, ms, mode, awaited }: Made): void {
        if (segment !== "init") this.broker.metrics.observe("lectern.segment.make.seconds", ms / 1000, { mode });
        const name = mediaName(segment);
        const work = (async () => {
          if (awaited && bytes.byteLength <= MAX_WARM_BYTES) {
            await withoutRedis(() => this.redis.set(this.keys.warmSegment(videoId, rendition, name), bytes, "EX", WARM_SEC), null, this.logger);
          }
          const key = objectKeys.media(videoId, rendition, name);
          await this.broker.call<PutResult, PutParams>("storage.put", { key, bytes, ifAbsent: true });
          // The tombstone is older than the removal of a deleted video's objects: one that came after it is seen here.
          if ((await this.broker.call<unknown, KeyParams>("storage.head", { key: objectKeys.tombstone(videoId) })) !== null) {
            return await this.broker.call<void, KeyParams>("storage.remove", { key });
          }
          if (segment !== "init") announce(this.broker, "segment.stored", { videoId, rendition, segment, bytes: bytes.byteLength } satisfies SegmentStored);
        })();
        const pending = this.publishing.get(videoId) ?? new Set();
        this.publishing.set(videoId, pending.add(work));
        work.catch((error: unknown) => {
          this.unstored.set(objectKeys.media(videoId, rendition, name), true);
          this.logger.warn(`Video ${videoId}: ${rendition}/${name} could not be stored: ${errorMessage(error)}`);
        }).finally(() => {
          pending.delete(work);
          if (pending.size === 0) this.publishing.delete(videoId);
        });
      },
      async isGone(videoId: string): Promise<boolean> {
        const state = await this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId });
        return state === null || state.deleted;
      },
      /** Only what the store does not have; a run breaks where a segment is there already. */
      async runChunk({ videoId, rendition, first, last }: ChunkParams): Promise<ChunkResult> {
        const keyOf = (segment: number): string => objectKeys.media(videoId, rendition, mediaName(segment));
        const segments = Array.from({ length: last - first + 1 }, (_, i) => first + i);
        const heads = await Promise.all(segments.map((segment) => this.broker.call<unknown, KeyParams>("storage.head", { key: keyOf(segment) })));
        const missing = segments.filter((_, i) => heads[i] === null);
        for (const segment of missing) this.unstored.delete(keyOf(segment));
        const runs: { first: number; last: number }[] = [];
        for (const segment of missing) {
          const run = runs.at(-1);
          if (run !== undefined && run.last === segment - 1) run.last = segment;
          else runs.push({ first: segment, last: segment });
        }
        try {
          await this.withJob(videoId, async (job) => {
            for (const run of runs) await this.workshop.makeRun(job, rendition, run.first, run.last);
          });
        } catch (error) {
          if (!(await this.isGone(videoId))) throw error;
          return { stored: 0, skipped: last - first + 1 }; // nobody wants it any more
        }
        await Promise.allSettled(this.publishing.get(videoId) ?? []); // the job is done when its segments are safe
        if (missing.some((segment) => this.unstored.has(keyOf(segment)))) throw fail("storage_unavailable", "Segments were made and could not be stored.");
        return { stored: missing.length, skipped: segments.length - missing.length };
      },
    },
    async started() {
      const { slots, redisUrl, namespace } = this.settings;
      await warmFfmpeg();
      this.keys = redisKeys(namespace);
      this.redis = await openRedis(redisUrl, this.logger);
      this.states = new LRUCache({ max: 200 });
      this.running = new Map();
      this.working = new Set();
      this.publishing = new Map();
      this.unstored = new LRUCache({ max: 10_000 });
      this.demuxer = openDemuxer();
      this.door = await openSourceDoor(this.logger);
      this.slots = openSlots(slots);
      const cores = availableParallelism();
      this.broker.metrics.register({ name: "lectern.segment.make.seconds", type: "histogram", labelNames: ["mode"], buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30], description: "Time to make one segment", unit: "second" });
      this.broker.metrics.register({ name: "lectern.ffmpeg.failures.total", type: "counter", description: "Runs of FFmpeg that failed" });
      this.workshop = openWorkshop({
        slots: this.slots,
        threads: { play: cores, background: Math.max(1, Math.floor(cores / slots)) },
        onMade: (videoId, made) => this.publish(videoId, made),
        onFailure: (videoId, message) => {
          this.broker.metrics.increment("lectern.ffmpeg.failures.total");
          this.logger.warn(`Video ${videoId}: FFmpeg failed: ${message}`);
        },
      });
      this.workers = openChunkWorkers({
        redisUrl, prefix: this.keys.queuePrefix, logger: this.logger,
        concurrency: { play: slots, normal: slots, bulk: 1 },
        run: async (chunk) => {
          // Untracked: a node that leaves hands its chunks back instead of waiting for them.
          await this.broker.call("transcoder.chunk", chunk, { nodeID: this.broker.nodeID, timeout: CHUNK_MS, retries: 0, tracking: false });
        },
        isAway,
        onPoison: ({ videoId, rendition, first, last }, error) => {
          const code = findErrorCode(error);
          this.broker.call("scheduler.poison", { videoId, rendition, first, last, message: error.message, ...(code === undefined ? {} : { code }) }).catch((error: unknown) => this.logger.warn(`A failed chunk could not be reported: ${errorMessage(error)}`));
        },
      });
    },
    async stopped() {
      this.workers?.beginClose();
      for (const controllers of this.running?.values() ?? []) for (const controller of controllers) controller.abort();
      await this.workers?.close();
      await Promise.allSettled(this.working ?? []);
      await Promise.allSettled([...(this.publishing?.values() ?? [])].flatMap((pending) => [...pending]));
      await this.door?.close();
      await closeDemuxer();
      closeRedis(this.redis);
    },
  };
  return schema;
}

/** The chunk is fine, the mesh is not: work waits for it. */
function isAway(error: unknown): boolean {
  const code = findErrorCode(error);
  return code === "storage_unavailable" || code === "storage_full" || code === "queue_unavailable" || code === "overloaded" || code === "source_unreachable"
    || error instanceof Errors.ServiceNotFoundError || error instanceof Errors.ServiceNotAvailableError || error instanceof Errors.RequestTimeoutError;
}

const config = loadConfig(process.env);
export default transcoderService({ redisUrl: config.redisUrl, namespace: config.namespace, slots: config.slots });
