/** A scheduler goes on: with what an operator stopped, with what a viewer wants next, with what others left. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { findErrorCode } from "../../config/errors.ts";
import type { JobView, QueueCounts } from "../../mixins/work-queue/work-queue.contract.ts";
import { openWorkQueue } from "../../mixins/work-queue/work-queue.ts";
import type { ChunkParams } from "../../services/transcoder/transcoder.contract.ts";
import type { VideoState } from "../../services/videos/videos.contract.ts";
import { rejection } from "../support/rejection.ts";
import { sharedRedis } from "../support/servers.ts";
import { accepted, rejected, stagedFacts } from "../support/staged-plan.ts";
import { COUNT, ID, lengthOf, planned, schedulerMesh, SECONDS, state, type Call, type SchedulerMesh } from "./scheduler-mesh.ts";

describe("scheduler", () => {
  let mesh: SchedulerMesh;
  let redis: Redis;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());

  beforeEach(async () => { mesh = await schedulerMesh(redis); });
  afterEach(() => mesh.broker.stop());

  describe("for an operator", () => {
    const queue = () => openWorkQueue<ChunkParams>({ redis, prefix: mesh.keys.queuePrefix });
    beforeEach(async () => {
      await mesh.broker.start();
      mesh.states.set(ID, planned());
      await mesh.feed();
    });

    it("pauses a lane, and lets it go on", async () => {
      await mesh.broker.call("scheduler.pause", { lane: "normal" });
      expect((await mesh.broker.call<QueueCounts>("scheduler.queue")).normal.paused).to.equal(true);
      expect((await queue().take("n", "background"))?.data.lane).to.equal("bulk");
      await mesh.broker.call("scheduler.resume", { lane: "normal" });
      expect((await queue().take("n", "background"))?.data.lane).to.equal("normal");
    });

    it("cancels a video's work, keeping what was set aside, and tries it again when asked", async () => {
      for (let attempt = 0; attempt < 5; attempt++) {
        const late = openWorkQueue<ChunkParams>({ redis, prefix: mesh.keys.queuePrefix, now: () => Date.now() + attempt * 60_000 });
        const lease = await late.take("n", "background");
        if (lease === undefined) throw new Error("nothing waits");
        await redis.hset(`${mesh.keys.queuePrefix}:job:${lease.id}`, "attempts", 4); // its last
        if (attempt === 0) await late.fail(lease, "fault", "Invalid data", "encode_failed");
        else await late.fail(lease, "back");
      }
      const [dead] = await mesh.broker.call<JobView<ChunkParams>[], object>("scheduler.dead", {});
      expect(dead).to.deep.include({ state: "dead", group: ID, message: "Invalid data", code: "encode_failed" });
      await mesh.broker.call("scheduler.cancel", { id: ID });
      expect(mesh.called("finish").at(-1)?.params["outcome"]).to.have.nested.property("reasons.0.class", "cancelled");
      await mesh.broker.emit("video.failed", { videoId: ID });
      expect((await mesh.broker.call<JobView<ChunkParams>[], object>("scheduler.jobs", { id: ID })).map(({ id }) => id)).to.deep.equal([dead?.id]);
      expect(findErrorCode(await rejection(mesh.broker.call("scheduler.retry", { id: ID }), "a video that goes on"))).to.equal("conflict");
      mesh.states.set(ID, planned({ outcome: { complete: false, at: "", reasons: [] } }));
      await mesh.broker.call("scheduler.retry", { id: ID });
      expect(mesh.called("reopen")).to.have.lengthOf(1);
      expect(await mesh.broker.call("scheduler.dead", {})).to.deep.equal([]);
      expect(lengthOf(await mesh.queued("normal"), "source")).to.equal(COUNT);
    });

    it("ends a video whose poison nobody reported", async () => {
      const lease = await queue().take("n", "background");
      if (lease === undefined) throw new Error("nothing waits");
      await redis.hset(`${mesh.keys.queuePrefix}:job:${lease.id}`, "attempts", 4);
      await queue().fail(lease, "fault", "Invalid data");
      await mesh.feed();
      expect(mesh.called("finish").at(-1)?.params["outcome"]).to.have.nested.property("reasons.0.detail", "Invalid data");
    });

    it("turns a tenant away when too much of its work waits, saying when to come back", async () => {
      await mesh.broker.call("scheduler.admit", { tenant: "default" });
      await queue().add(Array.from({ length: 1_000 }, (_, n) => ({ id: `x${n}`, lane: "bulk" as const, tenant: "default", group: "x", priority: 1, cost: 1, data: { videoId: "x", renditions: [], first: n, last: n, lane: "bulk" as const } })));
      const error = await rejection(mesh.broker.call("scheduler.admit", { tenant: "default" }), "a tenant with too much work");
      expect(error).to.include({ type: "too_many_requests", code: 429 });
      expect(error).to.have.nested.property("data.retryAfterSec").within(5, 600);
      await mesh.broker.call("scheduler.admit", { tenant: "other" });
    });
  });

  describe("reads ahead of a viewer", () => {
    beforeEach(async () => {
      mesh.states.set(ID, planned({ policy: "lazy" }));
      await mesh.broker.start();
    });
    const watch = (rendition: string, segment: number): Promise<unknown> => mesh.broker.emit("segment.watched", { videoId: ID, rendition, segment });

    it("on the play lane, what comes next and is not stored", async () => {
      await watch("360p", 3);
      expect(await mesh.queued("play")).to.deep.equal([{ videoId: ID, renditions: ["360p"], first: 4, last: 9, lane: "play" }]);
      for (const n of [9, 10]) await redis.setbit(mesh.keys.stored(ID, "360p"), n, 1);
      await watch("360p", 8);
      expect((await mesh.queued("play")).map(({ first, last }) => [first, last])).to.deep.equal([[4, 9], [11, 14]]);
    });
    it("not beyond the end, not what needs no encoding, not of a rendition or a video that is not there", async () => {
      await watch("360p", COUNT - 1);
      await watch("source", 3);
      await watch("nothing", 3);
      await mesh.broker.emit("segment.watched", { videoId: "01arz3ndektsv4rrffq69g5faw", rendition: "360p", segment: 1 });
      expect(await mesh.queued("play")).to.deep.equal([]);
    });
  });

  describe("continues what was left", () => {
    const leave = (videoState: VideoState): void => {
      mesh.states.set(videoState.record.id, videoState);
      mesh.store.objects.set(`open/${videoState.record.id}`, Buffer.from("{}"));
    };
    const done = (action: string): Promise<Call> => mesh.calls.until((call) => call.action === action && call.params.id === ID);

    it("a video that nobody has looked at", async () => {
      leave(state(ID));
      await mesh.broker.start();
      await done("validate");
    });
    it("one that has a verdict and no plan", async () => {
      leave(state(ID, { verdict: accepted(stagedFacts(SECONDS)) }));
      await mesh.broker.start();
      await done("planned");
      await done("relist");
    });
    it("one whose queue is gone", async () => {
      leave(planned());
      await mesh.broker.start();
      while ((await mesh.queued("normal")).length === 0) await mesh.broker.call("scheduler.check");
      expect(lengthOf(await mesh.queued("normal"), "source")).to.equal(COUNT);
    });
    it("one of which all is stored, though nobody said so", async () => {
      leave(planned({ policy: "lazy" }));
      await mesh.broker.start();
      await done("finish");
    });
    it("and lets one be that has ended", async () => {
      leave(state(ID, { verdict: rejected }));
      await mesh.broker.start();
      await done("tidy");
      expect(mesh.calls.all.filter(({ action }) => action !== "tidy")).to.deep.equal([]);
    });
    it("and leaves one alone that was posted just now", async () => {
      const other = "01arz3ndektsv4rrffq69g5faw";
      leave({ ...state(other), record: { ...state(other, { createdAt: new Date().toISOString() }).record } });
      leave(state("01arz3ndektsv4rrffq69g5fax"));
      await mesh.broker.start();
      await mesh.calls.until(({ action, params }) => action === "validate" && params.id.endsWith("x")); // comes after it in the round
      expect(mesh.calls.all.some(({ params }) => params.id === other)).to.equal(false);
    });
  });
});
