/**
 * transcoder: makes segments: at once when a viewer waits (`make`), in runs from the queue (`chunk`). What it made it
 * answers, puts into the object store, and announces. It may die at any time: nothing here is the only copy of anything.
 */
import { availableParallelism } from "node:os";
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { noteFailure } from "../../config/failures/note-failure.ts";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { onScrape } from "../../config/metrics/on-scrape.ts";
import { registerMetrics, type MetricWriter } from "../../config/metrics/register-metrics.ts";
import { meshView } from "../../config/placement/mesh-view.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { STILL_FORMATS } from "../../media/ffmpeg/still-arguments.ts";
import { STORYBOARD } from "../../media/storyboard.ts";
import type { EncoderChoice } from "../../media/video-encoders.ts";
import { replyBytes, replyGrowing } from "../../mixins/byte-reply.ts";
import { closeDemuxer, openDemuxer } from "../../mixins/demuxer/demuxer.ts";
import { fitnessOf, quarantineUnfit, unfitError } from "../../mixins/ffmpeg-fitness.ts";
import { openGuest, type Guest } from "../../mixins/guest.ts";
import { nodeState } from "../../mixins/node-state.ts";
import { runningEncodes } from "../../mixins/running-encodes.ts";
import { closeRedis, openRedis } from "../../mixins/redis.ts";
import { tracerOf } from "../../config/tracing/tracer.ts";
import { tellSpent } from "../../mixins/play-spent.ts";
import { openQueueWorker, type QueueWorker, type Work } from "../../mixins/work-queue/queue-worker.ts";
import { openWorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { openRemuxes, remuxSettings, type Remuxes, type RemuxSettings } from "../../mixins/remux.ts";
import { openSourceDoor, type SourceDoor } from "../../mixins/source-door.ts";
import type { SourceForgotten } from "../source/source.contract.ts";
import type { VideoEventPayload, VideoTwinned } from "../videos/videos.contract.ts";
import { isAway, isComing } from "./away.ts";
import { openClips, type Clips } from "./clips.ts";
import { openMadeObjects, type MadeObjects } from "./made-objects.ts";
import { openCaptions, type Captions } from "./captions.ts";
import { runChunk } from "./run-chunk.ts";
import { runSheets } from "./run-sheets.ts";
import { openEncodeSpeed } from "./encode-speed.ts";
import { proveEncoders, suggestCard } from "./encoder-trial.ts";
import { warmFfmpeg, type FfmpegBuild } from "../../mixins/ffmpeg.ts";
import { openInspection } from "./inspection.ts";
import { makeKeyFrame } from "./key-frame.ts";
import { makeSegment } from "./make-segment.ts";
import { openProfiles, type Profiles } from "./profiles.ts";
import { openPublisher, type Publisher } from "./publisher.ts";
import { openSlots, type Slots } from "./slots.ts";
import { openStills, type Stills } from "./stills.ts";
import { openStoryboards, type Storyboards } from "./storyboards.ts";
import type { CaptionsParams, ChunkParams, ChunkResult, ClipParams, ClipResult, KeyFrameParams, MakeParams, SheetParams, StillParams, WaiterLeft } from "./transcoder.contract.ts";
import { openTwinObjects, type TwinObjects } from "./twin-objects.ts";
import { openVideoJobs, type VideoJobs } from "./video-jobs.ts";
import { openWorkshop, type Workshop } from "./workshop.ts";

interface Settings extends ServiceSettingSchema, RemuxSettings { redisUrl: string | undefined; namespace: string; slots: number; encoders: EncoderChoice; tenants: { maxRunning: number } }
interface State {
  metrics: MetricWriter<"transcoder">;
  warming: Promise<[Guest, FfmpegBuild]>; guest: Guest; unfollow: () => void; closing: AbortController; redis: Redis; door: SourceDoor; remuxes: Remuxes | undefined; slots: Slots; publisher: Publisher; jobs: VideoJobs; workshop: Workshop; worker: QueueWorker;
  objects: MadeObjects; stills: Stills; clips: Clips; storyboards: Storyboards; captions: Captions; profiles: Profiles; twins: TwinObjects;
}
interface Methods {
  measureSlots(): void;
  noteFailure(videoId: string, message: string): void;
  reportPoison(chunk: ChunkParams, error: unknown): void;
  makeChunk(chunk: ChunkParams, work?: Work): Promise<ChunkResult>;
}

export function transcoderService(settings: Settings) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "transcoder",
    settings: { ...settings, $secureSettings: ["redisUrl"] },
    dependencies: ["storage", "source", "videos", "quality"],
    actions: {
      make: {
        params: { videoId: "string", rendition: "string", segment: [{ type: "equal", value: "init" }, { type: "number", integer: true, min: 0 }], waiter: { type: "string", optional: true } },
        async handler(ctx: Context<MakeParams>) {
          const { bytes, spent } = await makeSegment({ jobs: this.jobs, workshop: this.workshop, twins: this.twins }, ctx.params);
          tellSpent(ctx, spent);
          return replyGrowing(ctx, bytes);
        },
      },
      keyFrame: {
        params: { videoId: "string", rendition: "string", segment: { type: "number", integer: true, min: 0 } },
        async handler(ctx: Context<KeyFrameParams>) {
          const { videoId, rendition, segment } = ctx.params;
          return replyBytes(ctx, await this.jobs.runPatiently(videoId, (job) => makeKeyFrame(job, rendition, segment)));
        },
      },
      captions: {
        params: { videoId: "string", name: "string" },
        async handler(ctx: Context<CaptionsParams>) {
          return replyBytes(ctx, await this.captions.make(ctx.params.videoId, ctx.params.name));
        },
      },
      /** A chunk that the queue knows nothing of. */
      chunk: {
        async handler(ctx: Context<ChunkParams>): Promise<ChunkResult> {
          return await this.makeChunk(ctx.params);
        },
      },
      still: {
        params: { videoId: "string", at: { type: "number", integer: true, min: 0 }, width: { type: "number", integer: true, min: 1 }, height: { type: "number", integer: true, min: 1 }, format: { type: "enum", values: [...STILL_FORMATS] } },
        async handler(ctx: Context<StillParams>) {
          return replyBytes(ctx, await this.jobs.runPatiently(ctx.params.videoId, (job) => this.stills.get(job, ctx.params)));
        },
      },
      clip: {
        params: { videoId: "string", start: { type: "number", integer: true, min: 0 }, end: { type: "number", integer: true, min: 1 } },
        async handler(ctx: Context<ClipParams>): Promise<ClipResult> {
          const { videoId, start, end } = ctx.params;
          const key = objectKeys.clip(videoId, start, end);
          return { key, size: await this.objects.ensure(videoId, key, () => this.jobs.runPatiently(videoId, (job) => this.clips.make(job, ctx.params))) };
        },
      },
      sheet: {
        params: { videoId: "string", sheet: { type: "number", integer: true, min: 0 } },
        async handler(ctx: Context<SheetParams>) {
          return replyBytes(ctx, await this.jobs.runPatiently(ctx.params.videoId, (job) => this.storyboards.get(job, ctx.params.sheet)));
        },
      },
      load: {
        handler(): { slots: number; play: number; background: number; waiting: number } {
          return { slots: this.settings.slots, ...this.slots.busy() };
        },
      },
      check: {
        async handler(): Promise<void> {
          await warmFfmpeg(this.guest);
          if (fitnessOf(this.guest).fault() !== undefined) throw unfitError();
        },
      },
    },
    events: {
      "video.twinned"(ctx: Context<VideoTwinned>) {
        this.jobs.refresh(ctx.params.videoId);
      },
      /** What needs all of the source, once it is known whether another video has it. */
      async "video.compared"(ctx: Context<VideoEventPayload>) {
        this.jobs.refresh(ctx.params.videoId);
        await this.captions.prepare(ctx.params.videoId);
      },
      "video.deleted"(ctx: Context<VideoEventPayload>) {
        this.jobs.forget(ctx.params.videoId);
        this.profiles.forget(ctx.params.videoId);
      },
      "source.forgotten"(ctx: Context<SourceForgotten>) {
        this.remuxes?.forget(ctx.params.name); // undefined: not started yet
      },
      "waiter.left"(ctx: Context<WaiterLeft>) {
        this.workshop.leave(ctx.params.waiter);
      },
    },
    methods: {
      measureSlots(): void {
        const { waiting, ...busy } = this.slots.busy();
        for (const [kind, count] of Object.entries(busy)) {
          this.metrics.set("lectern_slots", this.settings.slots, { kind });
          this.metrics.set("lectern_slots_busy", count, { kind });
        }
        this.metrics.set("lectern_slots_waiting", waiting);
      },
      noteFailure(videoId: string, message: string): void {
        this.metrics.count("lectern_ffmpeg_failures_total");
        this.logger.warn(`Video ${videoId}: FFmpeg failed: ${message}`);
      },
      reportPoison({ videoId, renditions, first, last, expected }: ChunkParams, error: unknown): void {
        if (renditions.includes(STORYBOARD) || expected === true) return; // a video without previews is a video
        const code = findErrorCode(error);
        this.broker.call("scheduler.poison", { videoId, renditions, first, last, message: errorMessage(error), ...(code === undefined ? {} : { code }) })
          .catch((failure: unknown) => this.logger.warn(`A failed chunk could not be reported: ${errorMessage(failure)}`));
      },
      async makeChunk(chunk: ChunkParams, work?: Work): Promise<ChunkResult> {
        if (chunk.renditions.includes(STORYBOARD)) return await runSheets({ jobs: this.jobs, storyboards: this.storyboards, twins: this.twins }, chunk, work);
        return await runChunk({ broker: this.broker, profiles: this.profiles, jobs: this.jobs, workshop: this.workshop, publisher: this.publisher, twins: this.twins }, chunk, work);
      },
    },
    created() {
      this.closing = new AbortController();
      // FFmpeg loads its libraries while the node loads its own and finds the mesh.
      this.warming = openGuest(this.settings.guest, this.logger).then(async (guest) => [guest, await warmFfmpeg(guest)]);
      this.warming.catch(() => undefined); // `started` says it
      this.metrics = registerMetrics(this.broker, "transcoder");
    },
    async started() {
      const { slots, redisUrl, namespace } = this.settings;
      const [guest, { encoders: listed }] = await this.warming;
      this.guest = guest;
      const trial = { guest: this.guest, listed, logger: this.logger, signal: this.closing.signal };
      await proveEncoders(this.settings.encoders, trial);
      if (this.settings.encoders.kind === "software") {
        suggestCard(this.settings.encoders, trial).catch((error: unknown) => this.logger.debug(`The graphics card was not tried: ${errorMessage(error)}`));
      }
      const keys = redisKeys(namespace);
      this.redis = await openRedis(redisUrl, this.logger);
      this.door = await openSourceDoor(this.logger);
      this.remuxes = await openRemuxes(this.settings, this.logger);
      this.slots = openSlots(slots);
      const encodeSpeed = openEncodeSpeed();
      const node = nodeState(this.broker);
      node.countWork("viewersRuns", () => this.slots.busy().play);
      node.countWork("backgroundRuns", () => this.slots.busy().background, { returnable: true });
      const unfollow = [
        quarantineUnfit(this.broker, this.guest), node.onChange(() => this.worker?.look()),
        onScrape(this.broker, () => this.measureSlots()),
        meshView(this.broker).own.measureSlots(() => ({ slots, ...this.slots.busy(), speed: encodeSpeed.fastest() })),
      ];
      this.unfollow = () => { for (const end of unfollow) end(); };
      this.twins = openTwinObjects(this.broker, async (videoId) => (await this.jobs.getVideo(videoId)).twin?.of);
      this.profiles = openProfiles(this.broker, this.slots, this.twins);
      this.jobs = openVideoJobs(this.broker, { demuxer: openDemuxer(), door: this.door, remuxes: this.remuxes, profiles: this.profiles });
      this.publisher = openPublisher(this.broker, this.redis, keys, openInspection({ broker: this.broker, jobs: this.jobs, slots: this.slots, atOnce: slots }));
      this.captions = openCaptions(this.broker, this.jobs, this.slots, this.twins);
      const cores = availableParallelism();
      this.workshop = openWorkshop({
        slots: this.slots,
        threads: { play: cores, background: Math.max(1, Math.floor(cores / slots)) },
        calm: (signal) => this.publisher.calm(signal),
        onMade: (videoId, made) => {
          if (made.segment !== "init") this.metrics.observe("lectern_segment_make_seconds", made.ms / 1000, { mode: made.mode });
          this.publisher.publish(videoId, made);
        },
        onFailure: (videoId, message) => this.noteFailure(videoId, message),
        onEncoded: encodeSpeed.note,
        running: runningEncodes(this.broker),
        onSpeed: (kind, ratio) => this.metrics.observe("lectern_encode_speed_ratio", ratio, { kind }),
      });
      this.objects = openMadeObjects(this.broker, this.twins);
      this.clips = openClips({ threads: Math.max(1, cores - 1), onFailure: (videoId, message) => this.noteFailure(videoId, message) });
      const images = { slots: this.slots, objects: this.objects, onFailure: (videoId: string, message: string) => this.noteFailure(videoId, message) };
      this.stills = openStills(images);
      this.storyboards = openStoryboards(images);
      this.worker = openQueueWorker<ChunkParams>({
        queue: openWorkQueue({ redis: this.redis, prefix: keys.queuePrefix, maxRunning: this.settings.tenants.maxRunning }),
        subscriber: await openRedis(redisUrl, this.logger),
        owner: this.broker.nodeID,
        rooms: { play: slots, background: slots },
        onStart: ({ lane, waitedMs }) => this.metrics.observe("lectern_queue_wait_seconds", waitedMs / 1_000, { lane }),
        run: async (chunk, work) => {
          await this.makeChunk(chunk, work).catch((error: unknown) => {
            if (!work.signal.aborted && !isComing(error)) noteFailure(this.broker, error, { action: "transcoder.chunk", video: chunk.videoId });
            throw error;
          });
        },
        judge: (error) => (isComing(error) ? "coming" : isAway(error) ? "away" : "fault"),
        onDead: (chunk, error) => this.reportPoison(chunk, error),
        accepting: () => node.accepting,
        logger: this.logger,
        tracer: tracerOf(this.broker),
      });
    },
    async stopped() {
      this.closing.abort();
      this.unfollow?.();
      this.worker?.beginClose();
      this.jobs?.abortAll();
      await this.worker?.close();
      await this.jobs?.settled();
      await this.publisher?.settled();
      await this.objects?.settled();
      await this.remuxes?.close();
      await this.door?.close();
      await closeDemuxer();
      closeRedis(this.redis);
    },
  };
  return schema;
}

const config = loadConfig(process.env);
export default transcoderService({ redisUrl: config.redisUrl, namespace: config.namespace, slots: config.slots, encoders: { kind: config.encoder, codecs: config.videoCodecs }, tenants: { maxRunning: config.tenantSlots }, ...remuxSettings(config) });
