/**
 * One run of the mesh's deciding parts under simulated time: schedulers with their reconcilers, workers, a queue in a real
 * Redis, an object store, a bus, somebody who uses it, and faults for a while; then until all is quiet. The same seed is
 * the same run.
 */
import type { Redis } from "ioredis";
import { fail } from "../../../config/errors.ts";
import { redisKeys } from "../../../config/redis-keys.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { PoisonParams } from "../../../services/scheduler/scheduler.contract.ts";
import type { VideoRecord } from "../../../services/videos/videos.contract.ts";
import { openClient, type Client } from "./client.ts";
import { openEventBus } from "./event-bus.ts";
import { openEventLoop } from "./event-loop.ts";
import { stageFaults, type Faults } from "./faults.ts";
import { checkVideo } from "./invariants.ts";
import { inventLecture } from "./lectures.ts";
import { openSimulatedStore } from "./object-store.ts";
import { openProcess, type Life, type SimulatedProcess } from "./process.ts";
import { readQueue } from "./queue-reader.ts";
import { openRegionRedis } from "./region-redis.ts";
import { CALM, openRequests, openServer } from "./requests.ts";
import { seededRandom } from "./random.ts";
import { bootScheduler, type SchedulerNode } from "./scheduler-process.ts";
import { watchShares } from "./shares.ts";
import { watchStore } from "./store-watch.ts";
import { bootWorker } from "./worker-process.ts";
import { openJournal, type World } from "./world.ts";

export interface Run {
  seed: number;
  violations: string[];
  counts: ReadonlyMap<string, number>;
  /** From the end of the faults until all work was done, simulated ms. */
  recoveryMs: number;
  /** The run's story, one line an event. */
  lines: string[];
}

const EPOCH_MS = Date.parse("2026-01-01T00:00:00Z");
const FAULTS_MS = 45_000;
/** By then all must be quiet: longer than whatever waits for a lost step, and than a mark without a record is kept. */
const QUIET_WITHIN_MS = 150_000;
/** No event is under way any more then. */
const SETTLED_MS = 6_000;
const LOOK_EVERY_MS = 500;
const CROWDED = 0.15;
const WAKE_UP_SENT = 0.8;
const POISON_LOST_MS = 10_000;
const QUEUE = redisKeys("simulated").queuePrefix;

/** @param real a connection to a database that this run may empty */
export async function simulate(seed: number, real: Redis): Promise<Run> {
  const random = seededRandom(seed);
  const loop = openEventLoop();
  const journal = openJournal(loop);
  const requests = openRequests(loop, random, journal.count);
  const schedulers = new Map<SimulatedProcess, SchedulerNode>();
  let faults: Faults | undefined;

  const watch = watchStore(() => world);
  const store = openSimulatedStore({
    ...watch, requests,
    server: openServer(random, () => faults?.weather.store ?? CALM, { timeoutMs: 5_000, failure: () => fail("storage_unavailable", "The object store does not answer."), answers: () => !store.isAway }),
  });
  const shares = watchShares(real, QUEUE, journal);
  const redis = await openRegionRedis({
    loop, requests, real, epochMs: EPOCH_MS,
    server: openServer(random, () => faults?.weather.redis ?? CALM, { timeoutMs: 3_000, failure: () => new Error("Redis does not answer."), answers: (life) => !redis.isAway && !life.process.cutOff.redis }),
    async onScript(script, args, result) {
      if (["add", "fail", "revive"].includes(script) && random.chance(WAKE_UP_SENT)) world.bus.broadcast("queue.wake", {});
      await shares.onScript(script, args, result);
    },
    onForgotten: shares.onForgotten,
  });

  const world: World = {
    loop, random, redis, store, journal, bus: openEventBus(loop, random, journal.count), lectures: new Map(), failedRuns: new Map(), publishing: new Map(),
    lectureOf(videoId) {
      const bytes = store.objects.get(objectKeys.record(videoId)) ?? store.objects.get(objectKeys.tombstone(videoId));
      const source = bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as VideoRecord).source;
      return source?.kind === "url" ? world.lectures.get(source.url) : undefined;
    },
    reportPoison(life: Life, params: PoisonParams) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const process = random.pick([...schedulers.keys()]);
      const answer = (settle: () => void): void => { loop.in(1, () => life.deliver(settle)); };
      loop.in(2, () => process.life()?.deliver(() => { schedulers.get(process)?.poison(params).then(() => answer(resolve), (error: unknown) => answer(() => reject(error as Error))); }));
      loop.in(POISON_LOST_MS, () => life.deliver(() => reject(fail("not_ready", "No scheduler answers."))));
      return promise;
    },
  };
  /** Many wait for few. */
  const isCrowded = random.chance(CROWDED);
  for (let n = isCrowded ? random.int(8, 12) : random.int(1, 5); n > 0; n--) {
    const lecture = inventLecture(random, n);
    world.lectures.set(lecture.url, lecture);
  }
  const shared = { loop, random, epochMs: EPOCH_MS };
  for (let n = random.int(1, 3); n > 0; n--) {
    const process = openProcess(shared, `sched${n}`, (life) => { schedulers.set(process, bootScheduler(world, life)); });
    process.start();
  }
  const workers = Array.from({ length: isCrowded ? 1 : random.int(1, 3) }, (_, n) => openProcess(shared, `work${n + 1}`, (life) => bootWorker(world, life)));
  for (const worker of workers) worker.start();
  const client = openClient(world, schedulers, { postsUntilMs: isCrowded ? 3_000 : FAULTS_MS * 0.6, untilMs: FAULTS_MS });
  faults = stageFaults(world, [...schedulers.keys(), ...workers], FAULTS_MS);
  loop.in(FAULTS_MS, () => {
    faults?.heal();
    journal.write("fault", "all is well");
  });

  let [isQuiet, recoveryMs] = [false, Infinity];
  const look = async (): Promise<void> => {
    const { states } = await readQueue(real, QUEUE);
    const marks = [...store.objects.keys()].filter((key) => key.startsWith(objectKeys.allOpen));
    const isIdle = states["waiting"] === 0 && states["active"] === 0 && states["delayed"] === 0 && client.busy() === 0 && requests.pending() === 0;
    if (isIdle && marks.every((key) => isMemory(store.objects, key))) recoveryMs = Math.min(recoveryMs, loop.now() - FAULTS_MS);
    isQuiet = isIdle && marks.length === 0;
    if (recoveryMs + SETTLED_MS < loop.now() - FAULTS_MS) for (const worker of workers) worker.kill(); // they would only look for work
    if (!isQuiet) loop.in(LOOK_EVERY_MS, look);
  };
  loop.in(FAULTS_MS + LOOK_EVERY_MS, look);
  while (!isQuiet && loop.now() < FAULTS_MS + QUIET_WITHIN_MS) await loop.step();

  if (!isQuiet) journal.violate(`it is not quiet ${QUIET_WITHIN_MS / 1000} s after the last fault`);
  await checkEnd(world, client, watch.reopened);
  return { seed, violations: journal.violations, counts: journal.counts, recoveryMs, lines: journal.lines };
}

/** A mark that is kept for a minute, though nothing is left to do. */
function isMemory(objects: ReadonlyMap<string, Buffer>, key: string): boolean {
  const [id = "", kept] = key.slice(objectKeys.allOpen.length).split(".");
  return kept !== undefined && (objects.has(objectKeys.tombstone(id)) || objects.has(objectKeys.outcome(id)));
}

async function checkEnd(world: World, client: Client, reopened: (videoId: string) => number): Promise<void> {
  const { journal, redis: { real } } = world;
  for (const fault of (await readQueue(real, QUEUE)).faults) journal.violate(`queue: ${fault}`);
  for (const [videoId, promised] of client.promised) {
    for (const fault of checkVideo(world, videoId, promised)) journal.violate(fault);
    if (promised.reopened && !promised.deleteAsked && reopened(videoId) === 0) journal.violate(`video ${videoId} is said to have been opened once more, and was not`);
    if (reopened(videoId) > promised.retries) journal.violate(`video ${videoId} was opened once more ${reopened(videoId)} times, and that was asked ${promised.retries} times`);
  }
  const totals = await real.hgetall(`${QUEUE}:totals`);
  for (const what of ["repeated", "lapsed", "dead", "late"]) journal.count(`queue: ${what}`, Number(totals[what] ?? 0));
}
