/**
 * A node with `videos`, `validator` and `scheduler`: the modules that decide, wired as scheduler.service.ts and
 * videos.service.ts wire them. A look at the source takes a moment and says what its lecture is.
 */
import { redisKeys } from "../../../config/redis-keys.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import { announce, announceToAll } from "../../../mixins/announce.ts";
import { pause } from "../../../mixins/clock.ts";
import { storageCalls } from "../../../mixins/storage-calls.ts";
import { openWorkQueue } from "../../../mixins/work-queue/work-queue.ts";
import { planOf } from "../../../media/plan-video.ts";
import { openFeeder } from "../../../services/scheduler/feeder.ts";
import { openOperations } from "../../../services/scheduler/operations.ts";
import { openReconciler } from "../../../services/scheduler/reconciler.ts";
import type { PoisonParams, SegmentWatched } from "../../../services/scheduler/scheduler.contract.ts";
import { refusedIndex, settledIndex, storedIndex } from "../../../services/scheduler/stored-index.ts";
import { throttle } from "../../../services/scheduler/throttle.ts";
import type { ListResult } from "../../../services/storage/storage.contract.ts";
import type { ChunkParams, SegmentRefused, SegmentStored } from "../../../services/transcoder/transcoder.contract.ts";
import { catalog } from "../../../services/videos/catalog.ts";
import { uploadClaims } from "../../../services/videos/upload-claims.ts";
import { openVideoLife } from "../../../services/videos/video-life.ts";
import { videoStore } from "../../../services/videos/video-store.ts";
import type { VideoState } from "../../../services/videos/videos.contract.ts";
import { openNodeBroker } from "./node-broker.ts";
import type { Life } from "./process.ts";
import type { World } from "./world.ts";

export interface SchedulerNode {
  videos: ReturnType<typeof openVideoLife>;
  operations: ReturnType<typeof openOperations>;
  announceSubmitted(videoId: string): void;
  poison(params: PoisonParams): Promise<void>;
}

const PROGRESS_MS = 400;
const LOOK_MS = { min: 20, max: 3_000 };
const KEYS = redisKeys("simulated");
interface AboutVideo { videoId: string }

export function bootScheduler(world: World, life: Life): SchedulerNode {
  const broker = openNodeBroker(world, life, {});
  const { logger } = broker;
  const redis = world.redis.clientFor(life);
  const storage = storageCalls(broker);
  const store = videoStore(storage);
  const queue = openWorkQueue<ChunkParams>({ redis, prefix: KEYS.queuePrefix, maxWaiting: 12, now: () => 0 });
  const videos = openVideoLife({
    store, claims: uploadClaims(store), catalog: catalog(redis, KEYS), logger,
    announce(videoId, type) {
      logger.info(`Video ${videoId}: ${type}.`);
      if (type === "deleted") announceToAll(broker, "video.deleted", { videoId });
      else announce(broker, `video.${type}`, { videoId });
    },
    eraseTraces: async () => undefined, noteErasure: async () => undefined, askForLook: (videoId) => announce(broker, "video.submitted", { videoId }),
  });
  const list = (prefix: string, after: string | undefined): Promise<ListResult> => storage.list(prefix, after, false);
  const [stored, refused] = [storedIndex(redis, KEYS, list), refusedIndex(redis, KEYS, list)];
  const now = (): Date => new Date(life.clock.date());
  async function getState(videoId: string): Promise<VideoState | undefined> {
    const state = await store.find(videoId);
    return state === undefined || state.deleted ? undefined : state;
  }
  const settled = settledIndex(stored, refused);
  /** Every lecture is another here. */
  const twins = { settle: async (state: VideoState) => state, waiting: async () => undefined };
  const feeder = openFeeder({ queue, stored, refused, settled, twins, arrived: async () => Infinity, now, state: getState, finish: (id, outcome) => videos.finish({ id, outcome }) });
  const operations = openOperations({ queue, feeder, now, state: getState, reopen: videos.reopen, finish: (id, outcome) => videos.finish({ id, outcome }) });
  const progress = throttle(PROGRESS_MS, (videoId) => feeder.finishIfStored(videoId), (error) => logger.debug("Progress:", error), life.clock);

  async function validate(id: string): Promise<void> {
    const state = await getState(id);
    if (state === undefined || state.verdict !== undefined) return;
    await pause(life.clock, world.random.int(LOOK_MS.min, LOOK_MS.max) * life.process.slowness);
    const lecture = world.lectureOf(id);
    if (lecture !== undefined) await videos.settle({ id, verdict: lecture.verdict });
  }
  async function plan(id: string): Promise<void> {
    const state = await getState(id);
    if (state?.verdict?.accepted === true && state.plan === undefined) await videos.planned({ id, plan: planOf(state.verdict.facts) });
  }

  /** Like Moleculer: what a handler throws is logged. */
  const on = <T>(handle: (payload: T) => Promise<unknown>) => (payload: unknown): void => {
    handle(payload as T).catch((error: unknown) => logger.warn("Event:", error));
  };
  world.bus.listen(life.process, "scheduler", {
    "video.submitted": on(({ videoId }: AboutVideo) => validate(videoId)),
    "video.validated": on(({ videoId }: AboutVideo) => plan(videoId)),
    "video.planned": on(async ({ videoId }: AboutVideo) => {
      const state = await getState(videoId);
      if (state !== undefined) await feeder.enqueue(state);
      await feeder.finishIfStored(videoId);
    }),
    "video.deleted": on(async ({ videoId }: AboutVideo) => {
      store.forget(videoId);
      await queue.cancel(videoId);
    }),
    "video.failed": on(({ videoId }: AboutVideo) => queue.cancel(videoId, "keep what was set aside")),
    "segment.stored": on(async ({ videoId, rendition, segment }: SegmentStored) => {
      await stored.mark(videoId, rendition, segment).catch((error: unknown) => logger.debug("Mark:", error));
      progress.touch(videoId);
    }),
    "segment.refused": on(async ({ videoId, rendition, segment }: SegmentRefused) => {
      await refused.mark(videoId, rendition, segment).catch((error: unknown) => logger.debug("Mark:", error));
      progress.touch(videoId);
    }),
    "segment.watched": on((watched: SegmentWatched) => feeder.watch(watched)),
  });

  const step = (name: string, run: (id: string) => Promise<unknown>) => async (id: string): Promise<void> => {
    world.journal.count(`reconciler: ${name}`);
    await run(id);
  };
  openReconciler({
    logger,
    listOpen: (after) => list(objectKeys.allOpen, after),
    elect: (key, forMs) => world.redis.elect(life, key, forMs),
    state: async (id) => (await store.find(id)) ?? null,
    validate: step("validate", validate), plan: step("plan", plan), feed: step("feed", feeder.feed),
    unmark: step("unmark", storage.remove),
    bury: step("bury", videos.bury),
    tidy: step("tidy", videos.tidy),
    screen: async () => undefined,
    relist: async () => undefined,
    isOurs: async () => true,
  }, life.clock);
  return { videos, operations, announceSubmitted: (videoId) => announce(broker, "video.submitted", { videoId }), poison: feeder.poison };
}
