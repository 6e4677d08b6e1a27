import { expect } from "chai";
import { Redis } from "ioredis";
import type { Context, ServiceBroker } from "moleculer";
import { fail, findErrorCode } from "../../config/errors.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { planOf, renditionsOf } from "../../media/plan-video.ts";
import { plannedSegments } from "../../media/policy.ts";
import { schedulerService } from "../../services/scheduler/scheduler.service.ts";
import type { JobView, QueueCounts } from "../../mixins/work-queue/work-queue.contract.ts";
import { openWorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { ChunkParams, Lane } from "../../services/transcoder/transcoder.contract.ts";
import type { OutcomeParams, PlannedParams, Policy, Priority, Protection, VideoState } from "../../services/videos/videos.contract.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { openHistory, type History } from "../support/history.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted, rejected, stagedFacts, stagedPlan } from "../support/staged-plan.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";
const SECONDS = 200;
const PLAN = stagedPlan(SECONDS);
const COUNT = PLAN.boundaries.length - 1;

interface Call { action: string; params: { id: string } & Record<string, unknown> }

function state(id: string, changes: Partial<Omit<VideoState, "record">> & { policy?: Policy; priority?: Priority; createdAt?: string; protection?: Protection } = {}): VideoState {
  const { policy = "hybrid", priority = "normal", createdAt = "2026-01-01T00:00:00.000Z", protection, ...rest } = changes;
  return { record: { id, createdAt, source: sourceAt("https://media.example/a.mp4"), policy, ...(protection === undefined ? {} : { protection }), priority, labels: {}, identity: "a", claim: "c", request: "r" }, deleted: false, ...rest };
}
const planned = (changes: Parameters<typeof state>[1] = {}): VideoState => state(ID, { verdict: accepted(stagedFacts(SECONDS)), plan: PLAN, ...changes });

describe("scheduler", () => {
  let broker: ServiceBroker;
  let store: ReturnType<typeof memoryStore>;
  let states: Map<string, VideoState>;
  let calls: History<Call>;
  /** How far the upload has come; `bytes` undefined: it is finished. */
  let arriving: { bytes?: number | undefined; failure?: Error };
  let keys: RedisKeys;
  let redis: Redis;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());

  beforeEach(async () => {
    const namespace = freshNamespace();
    keys = redisKeys(namespace);
    store = memoryStore();
    states = new Map();
    calls = openHistory();
    broker = quietBroker();
    const note = (action: string) => (ctx: Context<Call["params"]>): void => calls.add({ action, params: ctx.params });
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService({
      name: "videos",
      actions: {
        state: (ctx: Context<{ id: string }>) => states.get(ctx.params.id) ?? null,
        get: (ctx: Context<{ id: string }>) => ({ id: ctx.params.id, status: "ready", progress: { stage: "encoding", storedSegments: 0, plannedSegments: 0 } }),
        reopen(ctx: Context<Call["params"]>): void {
          note("reopen")(ctx);
          const { outcome: _, ...open } = states.get(ctx.params.id) ?? planned();
          states.set(ctx.params.id, open);
        },
        planned: note("planned"), finish: note("finish"), noteProgress: note("noteProgress"), relist: note("relist"), tidy: note("tidy"),
      },
    });
    arriving = {};
    broker.createService({
      name: "source",
      actions: {
        open() {
          if (arriving.failure !== undefined) throw arriving.failure;
          return { size: PLAN.facts.size, version: "v1", ...(arriving.bytes === undefined ? {} : { arrived: arriving.bytes }) };
        },
      },
    });
    broker.createService({ name: "validator", actions: { validate: note("validate") } });
    broker.createService(schedulerService({ redisUrl: (await sharedRedis()).url, namespace, encoders: { kind: "software", codecs: ["h264"] }, tenants: { maxWaiting: 1_000, weights: {} } }));
  });
  afterEach(() => broker.stop());

  const called = (action: string): Call[] => calls.all.filter((call) => call.action === action);
  const feed = (): Promise<void> => broker.call("scheduler.feed", { id: ID });
  /** The work that waits in a lane, first come first. */
  async function queued(lane: Lane): Promise<ChunkParams[]> {
    const jobs = await openWorkQueue<ChunkParams>({ redis, prefix: keys.queuePrefix }).jobsOf(ID);
    const waiting = jobs.filter((job) => job.lane === lane && job.state === "waiting");
    const ids = await redis.zrange(`${keys.queuePrefix}:wait:${lane}:default`, 0, -1);
    return waiting.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id)).map((job) => job.data);
  }
  const lengthOf = (chunks: readonly ChunkParams[], rendition: string): number => chunks.filter((chunk) => chunk.renditions.includes(rendition)).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const storeSegments = async (rendition: string, first: number, end: number): Promise<void> => {
    for (let n = first; n < end; n++) await store.put(`videos/${ID}/media/${rendition}/${n}.m4s`, Buffer.from("x"));
  };

  it("plans a video when it is validated, once", async () => {
    await broker.start();
    states.set(ID, state(ID, { verdict: accepted(stagedFacts(SECONDS)) }));
    await broker.emit("video.validated", { videoId: ID });
    expect(called("planned").map(({ params }) => params as unknown as PlannedParams)).to.deep.equal([{ id: ID, plan: planOf(stagedFacts(SECONDS)) }]);
    states.set(ID, planned());
    await broker.call("scheduler.plan", { id: ID });
    states.set(ID, state(ID, { verdict: rejected }));
    await broker.call("scheduler.plan", { id: ID });
    expect(called("planned")).to.have.lengthOf(1);
  });

  it("plans a video whose samples are encrypted in H.264 alone, whatever codecs there are", async () => {
    await broker.start();
    Object.assign(broker.getLocalService("scheduler").settings, { encoders: { kind: "software", codecs: ["h264", "hevc"] } });
    const codecsOf = async (protection: Protection): Promise<string[]> => {
      states.set(ID, state(ID, { verdict: accepted(stagedFacts(SECONDS)), protection }));
      await broker.call("scheduler.plan", { id: ID });
      const plans = called("planned").map(({ params }) => (params as unknown as PlannedParams).plan);
      return [...new Set(plans.at(-1)?.video.map(({ codec }) => codec))];
    };
    expect(await codecsOf("cbcs")).to.deep.equal(["h264"]);
    expect(await codecsOf("aes-128")).to.deep.equal(["h264", "hevc"]);
  });

  describe("queues what the policy wants", () => {
    beforeEach(() => broker.start());
    for (const policy of ["hybrid", "eager"] as const) {
      it(policy, async () => {
        states.set(ID, planned({ policy }));
        await broker.emit("video.planned", { videoId: ID });
        const chunks = await queued("normal");
        for (const rendition of renditionsOf(PLAN)) {
          expect(lengthOf(chunks, rendition.name), rendition.name).to.equal(plannedSegments(PLAN, rendition, policy));
        }
        expect(called("finish")).to.deep.equal([]);
      });
    }
    it("lazy: nothing, and the video is complete", async () => {
      states.set(ID, planned({ policy: "lazy" }));
      await broker.emit("video.planned", { videoId: ID });
      expect(await queued("normal")).to.deep.equal([]);
      expect(called("finish").map(({ params }) => (params as unknown as OutcomeParams).outcome.complete)).to.deep.equal([true]);
    });
    it("the beginning before the end, what needs no encoding before what does", async () => {
      states.set(ID, planned({ policy: "eager" }));
      await feed();
      const chunks = await queued("normal");
      expect(chunks.slice(0, 3).map(({ renditions, first }) => `${renditions.join("+")}/${first}`)).to.deep.equal(["audio/0", "source/0", "360p/0"]);
      const encodes = chunks.filter(({ renditions }) => renditions.includes("360p")).map(({ first }) => first);
      expect(encodes).to.deep.equal(encodes.toSorted((a, b) => a - b));
    });
    it("into the lane of its priority", async () => {
      states.set(ID, planned({ priority: "low" }));
      await feed();
      expect(await queued("normal")).to.deep.equal([]);
      expect(await queued("bulk")).to.not.deep.equal([]);
    });
    it("not twice, and not what is stored", async () => {
      await storeSegments("360p", 0, 7);
      states.set(ID, planned({ policy: "eager" }));
      await feed();
      const once = await queued("normal");
      await feed();
      await broker.emit("video.planned", { videoId: ID });
      expect(await queued("normal")).to.deep.equal(once);
      expect(Math.min(...once.filter(({ renditions }) => renditions.includes("360p")).map(({ last }) => last))).to.be.at.least(7);
      const counts = await broker.call<QueueCounts>("scheduler.queue");
      expect(counts).to.deep.include({ normal: { waiting: once.length, active: 0, failed: 0, paused: false } });
    });
    it("until the video is deleted", async () => {
      states.set(ID, planned());
      await feed();
      await broker.broadcast("video.deleted", { videoId: ID });
      expect(await queued("normal")).to.deep.equal([]);
    });
  });

  describe("finishes a video", () => {
    beforeEach(() => broker.start());

    it("exactly when the store has all that its policy wants", async () => {
      states.set(ID, planned({ policy: "eager" }));
      await storeSegments("source", 0, COUNT);
      await storeSegments("audio", 0, COUNT);
      await storeSegments("360p", 0, COUNT - 1);
      await feed();
      expect(called("finish")).to.deep.equal([]);
      await storeSegments("360p", COUNT - 1, COUNT);
      await feed();
      expect(called("finish").map(({ params }) => params as unknown as OutcomeParams)).to.have.lengthOf(1).and.have.nested.property("0.outcome.complete", true);
    });

    it("not because the index in Redis says that all is there", async () => {
      states.set(ID, planned({ policy: "eager" }));
      for (const name of ["source", "audio", "360p"]) for (let n = 0; n < COUNT; n++) await redis.setbit(keys.stored(ID, name), n, 1);
      await storeSegments("source", 0, COUNT);
      await broker.emit("video.planned", { videoId: ID });
      expect(called("finish")).to.deep.equal([]);
      await feed();
      expect(await redis.bitcount(keys.stored(ID, "source"))).to.equal(COUNT);
      expect(await redis.bitcount(keys.stored(ID, "360p"))).to.equal(0);
      expect(lengthOf(await queued("normal"), "360p")).to.equal(COUNT);
    });

    it("although segments were refused, and counts them; nobody is asked to make those again", async () => {
      states.set(ID, planned({ policy: "eager" }));
      for (const name of ["source", "audio"]) await storeSegments(name, 0, COUNT);
      await storeSegments("360p", 1, COUNT);
      await feed();
      expect(called("finish")).to.deep.equal([]);
      await store.put(`videos/${ID}/refused/360p/0.json`, Buffer.from("[]"));
      const finished = calls.until(({ action }) => action === "finish");
      await broker.emit("segment.refused", { videoId: ID, rendition: "360p", segment: 0, fault: "black" });
      expect((await finished).params["outcome"]).to.deep.include({ complete: true, refusedSegments: 1 });
    });

    it("without what was refused in the queue, also when Redis has forgotten it", async () => {
      states.set(ID, planned({ policy: "eager" }));
      for (const name of ["source", "audio"]) await storeSegments(name, 0, COUNT);
      for (let n = 0; n < COUNT; n++) await store.put(`videos/${ID}/refused/360p/${n}.json`, Buffer.from("[]"));
      await feed();
      expect(await queued("normal")).to.deep.equal([]);
      expect(called("finish")).to.have.lengthOf(1).and.have.nested.property("0.params.outcome.refusedSegments", COUNT);
    });

    it("when the last segment's event comes, telling how far it is meanwhile", async () => {
      states.set(ID, planned({ policy: "eager" }));
      const finished = calls.until(({ action }) => action === "finish");
      for (const name of ["source", "audio", "360p"]) {
        await storeSegments(name, 0, COUNT);
        for (let segment = 0; segment < COUNT; segment++) await broker.emit("segment.stored", { videoId: ID, rendition: name, segment, bytes: 1 });
      }
      await finished;
      expect(called("noteProgress")).to.not.deep.equal([]);
    });

    it("as failed when a chunk is poison", async () => {
      states.set(ID, planned());
      await broker.call("scheduler.poison", { videoId: ID, renditions: ["360p"], first: 0, last: 4, message: "Invalid data" });
      const [finish] = called("finish");
      expect(finish?.params["outcome"]).to.deep.include({ complete: false, reasons: [{ class: "encode_failed", message: "Segments 0 to 4 of 360p could not be made.", rendition: "360p", first: 0, last: 4, detail: "Invalid data" }] });
    });
  });

  describe("of an upload that is still arriving", () => {
    const uploaded = (changes: Parameters<typeof state>[1] = {}): VideoState => {
      const video = planned(changes);
      return { ...video, record: { ...video.record, source: { kind: "upload", uploadId: "0".repeat(26) } } };
    };
    beforeEach(() => broker.start());

    it("queues what can be made of what is there, and the rest when it has come", async () => {
      arriving.bytes = PLAN.facts.size * 0.9;
      states.set(ID, uploaded({ policy: "eager" }));
      await feed();
      for (const name of ["source", "audio", "360p"]) expect(lengthOf(await queued("normal"), name), name).to.be.within(1, COUNT * 0.9);
      expect(await queued("bulk")).to.deep.equal([]);
      arriving.bytes = undefined;
      await broker.emit("video.arrived", { videoId: ID });
      for (const name of ["source", "audio", "360p"]) expect(lengthOf(await queued("normal"), name), name).to.equal(COUNT);
      expect(await queued("bulk")).to.not.deep.equal([]);
    });

    it("finishes no video before all of it is there", async () => {
      arriving.bytes = PLAN.facts.size - 1;
      states.set(ID, uploaded({ policy: "lazy" }));
      await feed();
      expect(called("finish")).to.deep.equal([]);
      arriving.bytes = undefined;
      await feed();
      expect(called("finish")).to.have.lengthOf(1).and.have.nested.property("0.params.outcome.complete", true);
    });

    it("fails the video when no more of it will come, and says why", async () => {
      arriving.failure = fail("upload_incomplete", "The upload was given up.");
      states.set(ID, uploaded());
      await feed();
      expect(called("finish")[0]?.params["outcome"]).to.deep.include({ complete: false, reasons: [{ class: "upload_incomplete", message: "The upload was given up." }] });
      expect(await queued("normal")).to.deep.equal([]);
    });
  });

  describe("for an operator", () => {
    const queue = () => openWorkQueue<ChunkParams>({ redis, prefix: keys.queuePrefix });
    beforeEach(async () => {
      await broker.start();
      states.set(ID, planned());
      await feed();
    });

    it("pauses a lane, and lets it go on", async () => {
      await broker.call("scheduler.pause", { lane: "normal" });
      expect((await broker.call<QueueCounts>("scheduler.queue")).normal.paused).to.equal(true);
      expect((await queue().take("n", "background"))?.data.lane).to.equal("bulk");
      await broker.call("scheduler.resume", { lane: "normal" });
      expect((await queue().take("n", "background"))?.data.lane).to.equal("normal");
    });

    it("cancels a video's work, keeping what was set aside, and tries it again when asked", async () => {
      for (let attempt = 0; attempt < 5; attempt++) {
        const late = openWorkQueue<ChunkParams>({ redis, prefix: keys.queuePrefix, now: () => Date.now() + attempt * 60_000 });
        const lease = await late.take("n", "background");
        if (lease === undefined) throw new Error("nothing waits");
        await redis.hset(`${keys.queuePrefix}:job:${lease.id}`, "attempts", 4); // its last
        if (attempt === 0) await late.fail(lease, "fault", "Invalid data", "encode_failed");
        else await late.fail(lease, "back");
      }
      const [dead] = await broker.call<JobView<ChunkParams>[], object>("scheduler.dead", {});
      expect(dead).to.deep.include({ state: "dead", group: ID, message: "Invalid data", code: "encode_failed" });
      await broker.call("scheduler.cancel", { id: ID });
      expect(called("finish").at(-1)?.params["outcome"]).to.have.nested.property("reasons.0.class", "cancelled");
      await broker.emit("video.failed", { videoId: ID });
      expect((await broker.call<JobView<ChunkParams>[], object>("scheduler.jobs", { id: ID })).map(({ id }) => id)).to.deep.equal([dead?.id]);
      expect(findErrorCode(await rejection(broker.call("scheduler.retry", { id: ID }), "a video that goes on"))).to.equal("conflict");
      states.set(ID, planned({ outcome: { complete: false, at: "", reasons: [] } }));
      await broker.call("scheduler.retry", { id: ID });
      expect(called("reopen")).to.have.lengthOf(1);
      expect(await broker.call("scheduler.dead", {})).to.deep.equal([]);
      expect(lengthOf(await queued("normal"), "source")).to.equal(COUNT);
    });

    it("ends a video whose poison nobody reported", async () => {
      const lease = await queue().take("n", "background");
      if (lease === undefined) throw new Error("nothing waits");
      await redis.hset(`${keys.queuePrefix}:job:${lease.id}`, "attempts", 4);
      await queue().fail(lease, "fault", "Invalid data");
      await feed();
      expect(called("finish").at(-1)?.params["outcome"]).to.have.nested.property("reasons.0.detail", "Invalid data");
    });

    it("turns a tenant away when too much of its work waits, saying when to come back", async () => {
      await broker.call("scheduler.admit", { tenant: "default" });
      await queue().add(Array.from({ length: 1_000 }, (_, n) => ({ id: `x${n}`, lane: "bulk" as const, tenant: "default", group: "x", priority: 1, cost: 1, data: { videoId: "x", renditions: [], first: n, last: n, lane: "bulk" as const } })));
      const error = await rejection(broker.call("scheduler.admit", { tenant: "default" }), "a tenant with too much work");
      expect(error).to.include({ type: "too_many_requests", code: 429 });
      expect(error).to.have.nested.property("data.retryAfterSec").within(5, 600);
      await broker.call("scheduler.admit", { tenant: "other" });
    });
  });

  describe("reads ahead of a viewer", () => {
    beforeEach(async () => {
      states.set(ID, planned({ policy: "lazy" }));
      await broker.start();
    });
    const watch = (rendition: string, segment: number): Promise<unknown> => broker.emit("segment.watched", { videoId: ID, rendition, segment });

    it("on the play lane, what comes next and is not stored", async () => {
      await watch("360p", 3);
      expect(await queued("play")).to.deep.equal([{ videoId: ID, renditions: ["360p"], first: 4, last: 7, lane: "play" }]);
      for (const n of [9, 10]) await redis.setbit(keys.stored(ID, "360p"), n, 1);
      await watch("360p", 8);
      expect((await queued("play")).map(({ first, last }) => [first, last])).to.deep.equal([[4, 7], [11, 12]]);
    });
    it("not beyond the end, not what needs no encoding, not of a rendition or a video that is not there", async () => {
      await watch("360p", COUNT - 1);
      await watch("source", 3);
      await watch("nothing", 3);
      await broker.emit("segment.watched", { videoId: "01arz3ndektsv4rrffq69g5faw", rendition: "360p", segment: 1 });
      expect(await queued("play")).to.deep.equal([]);
    });
  });

  describe("continues what was left", () => {
    const leave = (videoState: VideoState): void => {
      states.set(videoState.record.id, videoState);
      store.objects.set(`open/${videoState.record.id}`, Buffer.from("{}"));
    };
    const done = (action: string): Promise<Call> => calls.until((call) => call.action === action && call.params.id === ID);

    it("a video that nobody has looked at", async () => {
      leave(state(ID));
      await broker.start();
      await done("validate");
    });
    it("one that has a verdict and no plan", async () => {
      leave(state(ID, { verdict: accepted(stagedFacts(SECONDS)) }));
      await broker.start();
      await done("planned");
      await done("relist");
    });
    it("one whose queue is gone", async () => {
      leave(planned());
      await broker.start();
      while ((await queued("normal")).length === 0) await broker.call("scheduler.check");
      expect(lengthOf(await queued("normal"), "source")).to.equal(COUNT);
    });
    it("one of which all is stored, though nobody said so", async () => {
      leave(planned({ policy: "lazy" }));
      await broker.start();
      await done("finish");
    });
    it("and lets one be that has ended", async () => {
      leave(state(ID, { verdict: rejected }));
      await broker.start();
      await done("tidy");
      expect(calls.all.filter(({ action }) => action !== "tidy")).to.deep.equal([]);
    });
    it("and leaves one alone that was posted just now", async () => {
      const other = "01arz3ndektsv4rrffq69g5faw";
      leave({ ...state(other), record: { ...state(other, { createdAt: new Date().toISOString() }).record } });
      leave(state("01arz3ndektsv4rrffq69g5fax"));
      await broker.start();
      await calls.until(({ action, params }) => action === "validate" && params.id.endsWith("x")); // comes after it in the round
      expect(calls.all.some(({ params }) => params.id === other)).to.equal(false);
    });
  });
});
