/** Beginnings that are made before the bell: forecast, scheduler, queue, cache and store as they are; a stand-in encodes. */
import { expect } from "chai";
import { Redis } from "ioredis";
import type { ServiceBroker } from "moleculer";
import { objectKeys } from "../../config/object-keys.ts";
import { findErrorCode } from "../../config/errors.ts";
import type { Plan } from "../../media/plan.ts";
import { STORYBOARD } from "../../media/storyboard.ts";
import { announce } from "../../mixins/announce.ts";
import { openQueueWorker, type QueueWorker } from "../../mixins/work-queue/queue-worker.ts";
import { openWorkQueue, type WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { cacheService } from "../../services/cache/cache.service.ts";
import type { SegmentResult } from "../../services/cache/cache.contract.ts";
import type { TimetableAnswer } from "../../services/forecast/forecast.contract.ts";
import { forecastService } from "../../services/forecast/forecast.service.ts";
import type { SegmentWatched } from "../../services/scheduler/scheduler.contract.ts";
import type { ChunkParams, SegmentStored } from "../../services/transcoder/transcoder.contract.ts";
import { eventually } from "../support/eventually.ts";
import { rejection } from "../support/rejection.ts";
import { sharedRedis } from "../support/servers.ts";
import { ID, PLAN, planned, schedulerMesh, state, type SchedulerMesh } from "./scheduler-mesh.ts";

const NEXT = "01arz3ndektsv4rrffq69g5faw";
/** A rung more than the staged plan has. */
const LADDER: Plan = { ...PLAN, video: PLAN.video.flatMap((rung) => (rung.mode === "encode" ? [rung, { ...rung, name: "720p", width: 1280, height: 720 }] : [rung])) };
const GROUP = `expected-${ID}`;
const bellIn = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(0, 16);
const hourOf = (video: string) => ({ video, at: bellIn(2 * 60_000), timeZone: "UTC", expectedViewers: 200 });

describe("a forecast", function () {
  this.timeout(30_000);
  let [redis, mesh, worker]: [Redis, SchedulerMesh, QueueWorker | undefined] = [new Redis({ lazyConnect: true }), {} as SchedulerMesh, undefined];
  let broker: ServiceBroker;
  let queue: WorkQueue<ChunkParams>;
  let namespace: string;
  const made: ChunkParams[] = [];

  const post = (entries: unknown): Promise<TimetableAnswer> => broker.call("forecast.putTimetable", { entries });
  const isStored = (videoId: string, rendition: string, segment: number): boolean => mesh.store.objects.has(objectKeys.media(videoId, rendition, `${segment}.m4s`));

  async function start(cpuSec = 600): Promise<void> {
    broker.createService(cacheService({ redisUrl: (await sharedRedis()).url, namespace, memoryBytes: 1_000_000, region: "here" }));
    broker.createService(forecastService({ redisUrl: (await sharedRedis()).url, namespace, region: "here", forecastCpuSec: cpuSec, forecastBytes: 1e9, tickMs: 50 }));
    await broker.start();
  }
  /** @param hold what the encode waits for */
  async function work(hold: Promise<void> = Promise.resolve()): Promise<void> {
    const url = (await sharedRedis()).url;
    worker = openQueueWorker<ChunkParams>({
      queue, subscriber: new Redis(url), owner: "stand-in", rooms: { play: 1, background: 1 }, logger: broker.logger,
      judge: () => "fault", onDead: () => undefined,
      async run(chunk, { signal }) {
        made.push(chunk);
        await Promise.race([hold, new Promise((_, reject) => { signal.addEventListener("abort", () => reject(new Error("called off"))); })]);
        for (const rendition of chunk.renditions) for (let segment = chunk.first; segment <= chunk.last; segment++) {
          if (rendition === STORYBOARD) {
            await mesh.store.put(objectKeys.sheet(chunk.videoId, segment), Buffer.from("sheet"));
            continue;
          }
          await mesh.store.put(objectKeys.media(chunk.videoId, rendition, `${segment}.m4s`), Buffer.from("media"));
          announce(broker, "segment.stored", { videoId: chunk.videoId, rendition, segment, bytes: 5 } satisfies SegmentStored);
        }
      },
    });
  }

  beforeEach(async () => {
    redis = new Redis((await sharedRedis()).url);
    mesh = await schedulerMesh(redis);
    broker = mesh.broker;
    namespace = mesh.keys.queuePrefix.replace(/:queue$/, "");
    queue = openWorkQueue<ChunkParams>({ redis, prefix: mesh.keys.queuePrefix });
    mesh.states.set(ID, planned({ policy: "lazy" }));
    made.length = 0;
  });
  afterEach(async () => {
    await worker?.close();
    worker = undefined;
    await broker.stop();
    redis.disconnect();
  });

  it("has the first minute of a lecture in store and memory before its bell", async () => {
    await start();
    await work();
    const { entries: [entry] } = await post([hourOf(ID)]);
    expect(Date.parse(entry?.next ?? "")).to.be.above(Date.now());
    await eventually(() => ["audio", "source", "360p"].every((rendition) => isStored(ID, rendition, 0) && isStored(ID, rendition, 15)));
    expect(made.every(({ lane, expected }) => lane === "bulk" && expected === true)).to.equal(true);
    await eventually(async () => (await broker.call<SegmentResult, object>("cache.segment", { videoId: ID, rendition: "360p", segment: 15 })).tier === "memory");
    expect(isStored(ID, "360p", 20), "no more than the beginning").to.equal(false);
    await eventually(() => mesh.store.objects.has(objectKeys.sheet(ID, 0)));
    expect(made.at(-1)?.renditions, "previews after all that is watched").to.deep.equal([STORYBOARD]);
    expect((await broker.call<{ state: string }, object>("scheduler.warm", { id: ID, renditions: ["360p", STORYBOARD], last: 15, cpuSec: 100 })).state).to.equal("warm");
    expect((await broker.call<TimetableAnswer, object>("forecast.timetable", {})).entries).to.have.length(1);
  });

  it("makes nothing while anything waits for a viewer, and goes on afterwards", async () => {
    const played: ChunkParams = { videoId: ID, renditions: ["360p"], first: 30, last: 30, lane: "play" };
    await queue.add([{ id: "viewer", lane: "play", tenant: "t", group: "viewer", priority: 1, cost: 1, data: played }]);
    await start();
    const looks: string[] = [];
    await post([hourOf(ID)]);
    for (let n = 0; n < 5; n++) looks.push((await broker.call<{ state: string }, object>("scheduler.warm", { id: ID, renditions: ["360p"], last: 3, cpuSec: 100 })).state);
    expect(looks).to.deep.equal(Array(5).fill("busy"));
    expect(await queue.jobsOf(GROUP)).to.deep.equal([]);
    await queue.cancel("viewer");
    await eventually(async () => (await queue.jobsOf(GROUP)).length === 1);
  });

  it("is called off when the timetable has it no more, also what runs", async () => {
    await start();
    await work(new Promise(() => undefined));
    await post([hourOf(ID)]);
    await eventually(async () => (await queue.jobsOf(GROUP)).some((job) => job.state === "active"));
    await post([]);
    await eventually(async () => (await queue.jobsOf(GROUP)).length === 0);
    expect(mesh.called("finish"), "its video is as it was").to.deep.equal([]);
  });

  it("keeps to its budget", async () => {
    await start(1); // enough for the sound, which is made first, and not for an encode
    expect(await broker.call("scheduler.warm", { id: ID, renditions: ["360p"], last: 15, cpuSec: 1 })).to.deep.equal({ state: "dear" });
    const spentMs = async (): Promise<number> => Number(await redis.hget(mesh.keys.forecastSpent(Math.floor(Date.now() / 3_600_000)), "cpu"));
    await post([hourOf(ID)]);
    // What is queued is forgotten each time, so that it would be queued for ever.
    await eventually(async () => { await queue.cancel(GROUP); return (await spentMs()) > 700; });
    expect(await spentMs()).to.be.at.most(1_000);
  });

  it("goes on when Redis has lost everything", async () => {
    await start();
    await post([hourOf(ID)]);
    await eventually(async () => (await queue.jobsOf(GROUP)).length === 1);
    const keys = await redis.keys(`${namespace}:*`);
    await redis.del(...keys);
    await work();
    await eventually(() => isStored(ID, "360p", 15));
  });

  it("goes by the store before it has anything made: what a node stored or refused as it died is not asked for without end", async () => {
    for (let segment = 0; segment < 9; segment++) await mesh.store.put(objectKeys.media(ID, "360p", `${segment}.m4s`), Buffer.from("media"));
    await mesh.store.put(objectKeys.refusal(ID, "360p", "9"), Buffer.from("{}"));
    await start();
    await work();
    await post([hourOf(ID)]);
    await eventually(() => isStored(ID, "360p", 15));
    expect(made.filter(({ renditions: [name] }) => name === "360p").map(({ first }) => first)[0]).to.equal(10);
  });

  it("has the next lecture ready for who watches one, by the order of the course and by where viewers go", async () => {
    const lecture = (id: string, order: string) => ({ ...state(id, { ...planned({ policy: "lazy" }), policy: "lazy" }), record: { ...planned().record, id, policy: "lazy" as const, labels: { course: "a", lecture: order } } });
    mesh.states.set(ID, lecture(ID, "1"));
    mesh.states.set(NEXT, lecture(NEXT, "2"));
    await start();
    await work();
    const deleted = NEXT.replace("w", "x");
    mesh.states.set(deleted, lecture(deleted, "1.5"));
    for (const videoId of [ID, deleted, NEXT]) await broker.emit("video.planned", { videoId });
    mesh.states.delete(deleted);
    await broker.broadcast("video.deleted", { videoId: deleted });
    await broker.emit("view.progressed", { videoId: ID, position: 10, rate: 1 });
    await broker.emit("view.progressed", { videoId: ID, position: 130, rate: 1 });
    await eventually(() => isStored(NEXT, "360p", 15));
    expect(made.every(({ videoId }) => videoId === NEXT)).to.equal(true);
    await eventually(async () => `${NEXT}/storyboard` in (await redis.hgetall(mesh.keys.expectedMade))); // its previews are made last
    await broker.emit("view.moved", { tenant: "default", fromVideoId: ID, toVideoId: NEXT, at: Date.now() });
    expect(await redis.hgetall(mesh.keys.moves(ID))).to.deep.equal({ [NEXT]: "1" });
    expect(await redis.hgetall(mesh.keys.expectedMade), "it was watched").to.deep.equal({});
  });

  it("knows of what it makes late that the lecture has begun, until that is deleted", async () => {
    await start();
    await broker.emit("segment.watched", { videoId: ID, rendition: "360p", segment: 0 } satisfies SegmentWatched);
    await eventually(async () => (await redis.zscore(mesh.keys.forecastBegun, ID)) !== null);
    await work();
    await post([hourOf(ID)]);
    await eventually(async () => Object.values(await redis.hgetall(mesh.keys.expectedMade)).some((made) => (JSON.parse(made) as { begun?: true }).begun === true));
    await broker.broadcast("video.deleted", { videoId: ID });
    await eventually(async () => (await redis.exists(mesh.keys.forecastBegun)) === 0);
  });

  it("makes of the next lecture what viewers of its course take, and nothing of what they do not", async () => {
    const lecture = (id: string) => ({ ...planned({ policy: "lazy" }), record: { ...planned().record, id, policy: "lazy" as const, labels: { course: "a", lecture: "1" } }, plan: LADDER });
    mesh.states.set(ID, lecture(ID));
    mesh.states.set(NEXT, lecture(NEXT));
    await start();
    for (let n = 0; n < 120; n++) await broker.emit("segment.watched", { videoId: ID, rendition: n % 10 === 0 ? "360p" : "720p", segment: n % 12 } satisfies SegmentWatched);
    for (let n = 0; n < 500; n++) await broker.emit("segment.watched", { videoId: ID, rendition: "360p", segment: 25 } satisfies SegmentWatched);
    await work();
    await post([hourOf(NEXT)]);
    await eventually(() => mesh.store.objects.has(objectKeys.sheet(NEXT, 0)));
    expect([isStored(NEXT, "audio", 15), isStored(NEXT, "source", 15), isStored(NEXT, "720p", 15), isStored(NEXT, "360p", 0)]).to.deep.equal([true, true, true, false]);
  });

  it("refuses what is no timetable, and another tenant's names for a video lead nowhere", async () => {
    await start();
    expect(findErrorCode(await rejection(post("all of them"), "a text"))).to.equal("bad_request");
    expect(findErrorCode(await rejection(post([{ ...hourOf(ID), timeZone: "../UTC" }]), "another time zone"))).to.equal("bad_request");
    await broker.call("forecast.putTimetable", { tenant: "physics", entries: [hourOf(ID)] });
    await post([hourOf(NEXT)]);
    mesh.states.set(NEXT, { ...planned({ policy: "lazy" }), record: { ...planned().record, id: NEXT, policy: "lazy" } });
    await eventually(async () => (await queue.jobsOf(`expected-${NEXT}`)).length === 1);
    expect(await queue.jobsOf(GROUP), "it is not physics'").to.deep.equal([]);
  });
});
