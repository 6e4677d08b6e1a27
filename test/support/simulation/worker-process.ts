/**
 * A node with `transcoder`: the very worker of the queue, the steps of a chunk, and the way of a segment into the store.
 * In place of FFmpeg and of the checks stand pauses, and what the lecture says of a segment.
 */
import { errorMessage, fail, findErrorCode } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import { redisKeys } from "../../../config/redis-keys.ts";
import { findRendition } from "../../../media/plan-video.ts";
import { STORYBOARD } from "../../../media/storyboard.ts";
import { announce } from "../../../mixins/announce.ts";
import { cancelled } from "../../../mixins/cancelled.ts";
import { pause } from "../../../mixins/clock.ts";
import { putPart, storageCalls } from "../../../mixins/storage-calls.ts";
import { openQueueWorker, type Work } from "../../../mixins/work-queue/queue-worker.ts";
import { openWorkQueue } from "../../../mixins/work-queue/work-queue.ts";
import type { PoisonParams } from "../../../services/scheduler/scheduler.contract.ts";
import { isAway } from "../../../services/transcoder/away.ts";
import { isRefused, type Inspection } from "../../../services/transcoder/inspection.ts";
import type { Profiles } from "../../../services/transcoder/profiles.ts";
import { openPublisher } from "../../../services/transcoder/publisher.ts";
import { runChunk } from "../../../services/transcoder/run-chunk.ts";
import type { TwinObjects } from "../../../services/transcoder/twin-objects.ts";
import { runSheets } from "../../../services/transcoder/run-sheets.ts";
import type { Storyboards } from "../../../services/transcoder/storyboards.ts";
import type { ChunkParams } from "../../../services/transcoder/transcoder.contract.ts";
import { openVideoJobs, type SourcePorts } from "../../../services/transcoder/video-jobs.ts";
import type { Job, Workshop } from "../../../services/transcoder/workshop.ts";
import { qualityNotes } from "../../../services/videos/quality-notes.ts";
import { videoStore } from "../../../services/videos/video-store.ts";
import type { NoteQualityParams, VideoIdParams } from "../../../services/videos/videos.contract.ts";
import { makeBytes } from "./lectures.ts";
import { openNodeBroker } from "./node-broker.ts";
import type { Life } from "./process.ts";
import type { World } from "./world.ts";

const KEYS = redisKeys("simulated");
/** A segment's. */
const ENCODE_MS = { min: 200, max: 1_200 };
const REPACKAGE_MS = 20;
const CHECK_MS = { min: 10, max: 120 };
/** A run that would end well another time. */
const UNLUCKY = 0.01;
const ROOMS = { play: 1, background: 2 };

export function bootWorker(world: World, life: Life): void {
  const { journal, random } = world;
  const broker = openNodeBroker(world, life, {
    "videos.state": async ({ id }: VideoIdParams) => (await store.find(id)) ?? null,
    "videos.noteQuality": async (params: NoteQualityParams) => {
      if ((await store.find(params.id))?.deleted === false) await qualityNotes(storage).note(params);
    },
    "scheduler.poison": (params: PoisonParams) => world.reportPoison(life, params),
  });
  const { logger } = broker;
  const storage = storageCalls(broker);
  const store = videoStore(storage);
  const redis = world.redis.clientFor(life);
  const queue = openWorkQueue<ChunkParams>({ redis, prefix: KEYS.queuePrefix, now: () => 0 });
  const tokens = new WeakMap<ChunkParams, string>();
  const wait = (range: { min: number; max: number }): Promise<void> => pause(life.clock, random.int(range.min, range.max) * life.process.slowness);

  const inspection: Inspection = {
    note: () => undefined,
    async inspect(videoId, rendition, segment, bytes) {
      if (await isRefused(broker, videoId, rendition, segment)) return undefined;
      await wait(CHECK_MS);
      if (rendition !== "360p" || world.lectureOf(videoId)?.refused !== segment) return bytes;
      await broker.call("videos.noteQuality", { id: videoId, rendition, reports: [], refused: [{ segment, findings: [{ fault: "broken", detail: "" }], frames: 0 }] });
      announce(broker, "segment.refused", { videoId, rendition, segment, fault: "broken" });
      return undefined;
    },
  };
  const sources = { demuxer: undefined, door: undefined, remuxes: undefined, profiles: { find: () => undefined } } as unknown as SourcePorts;
  const jobs = openVideoJobs(broker, sources);
  const publisher = openPublisher(broker, redis, KEYS, inspection);
  const profiles = { learn: async () => undefined, recall: async () => undefined } as unknown as Profiles;
  /** Every lecture is another here. */
  const twins = { take: async () => undefined, takeSegments: async (_: string, __: string, segments: readonly number[]) => [...segments] } as unknown as TwinObjects;
  const storyboards = {
    async ensure({ videoId }: Job, sheet: number) {
      await wait(ENCODE_MS);
      await putPart(storage, videoId, objectKeys.sheet(videoId, sheet), makeBytes(videoId, STORYBOARD, sheet));
    },
  } as unknown as Storyboards;

  function openSimulatedWorkshop(token: string): Workshop {
    function publish(job: Job, rendition: string, segment: number | "init"): void {
      world.publishing.set(`${life.process.name} ${objectKeys.media(job.videoId, rendition, segment === "init" ? "init.mp4" : `${segment}.m4s`)}`, token);
      publisher.publish(job.videoId, { rendition, segment, bytes: makeBytes(job.videoId, rendition, segment), ms: 1, mode: "encode", awaited: false, ...(job.mayStore === undefined ? {} : { mayStore: job.mayStore }) });
      job.onOutput?.(segment !== "init");
    }
    const workshop: Pick<Workshop, "makeRun"> = {
      async makeRun(job, { renditions, first, last }) {
        const encodes = renditions.some((name) => findRendition(job.plan, name)?.mode === "encode");
        for (let segment = first; segment <= last; segment++) {
          await wait(encodes ? ENCODE_MS : { min: 1, max: REPACKAGE_MS });
          if (job.signal.aborted) throw cancelled();
          const isPoison = encodes && world.lectureOf(job.videoId)?.poison === segment;
          if (isPoison || (encodes && random.chance(UNLUCKY))) {
            world.failedRuns.set(job.videoId, world.loop.now());
            journal.count(isPoison ? "run of poison" : "unlucky run");
            throw fail("encode_failed", `Segment ${segment} could not be made.`);
          }
          for (const rendition of renditions) {
            if (segment === 0) publish(job, rendition, "init");
            publish(job, rendition, segment);
          }
        }
      },
    };
    return workshop as Workshop;
  }

  /** With a check of the check: a lease that has ended, by the loop's clock, is never believed. */
  function watch(work: Work, token: string): Work {
    return {
      signal: work.signal,
      progress: (share) => work.progress(share),
      async isHeld() {
        const held = await work.isHeld();
        const isOver = world.redis.leaseEnds(token) < world.loop.now();
        if (!held) journal.count("stale worker stopped");
        if (held && isOver) journal.violate(`${life.process.name} believed in a lease that had ended (token ${token})`);
        return held;
      },
    };
  }

  const worker = openQueueWorker<ChunkParams>({
    queue: {
      ...queue,
      async take(...args) {
        const lease = await queue.take(...args);
        if (lease !== undefined) tokens.set(lease.data, lease.token);
        return lease;
      },
    },
    subscriber: { on: () => undefined, subscribe: async () => 1, disconnect: () => undefined } as never,
    owner: life.process.name, rooms: ROOMS, clock: life.clock, logger,
    async run(chunk, work) {
      const token = tokens.get(chunk) ?? "";
      const watched = watch(work, token);
      if (chunk.renditions.includes(STORYBOARD)) await runSheets({ jobs, storyboards, twins }, chunk, watched);
      else await runChunk({ broker, profiles, jobs, workshop: openSimulatedWorkshop(token), publisher, twins }, chunk, watched);
    },
    judge: (error) => (isAway(error) ? "away" : "fault"),
    onDead({ videoId, renditions, first, last }, error) {
      if (renditions.includes(STORYBOARD)) return;
      broker.call("scheduler.poison", { videoId, renditions, first, last, message: errorMessage(error), code: findErrorCode(error) }).catch((failure: unknown) => logger.warn("Poison:", failure));
    },
  });
  world.bus.listen(life.process, "transcoder", {
    "video.deleted": (payload) => {
      const { videoId } = payload as { videoId: string };
      store.forget(videoId);
      jobs.forget(videoId);
    },
    "queue.wake": () => worker.look(),
  });
}
