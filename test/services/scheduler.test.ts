/** What a scheduler plans and queues of a video, and when it is finished. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { fail } from "../../config/errors.ts";
import { planOf, renditionsOf } from "../../media/plan-video.ts";
import { plannedSegments } from "../../media/policy.ts";
import type { QueueCounts } from "../../mixins/work-queue/work-queue.contract.ts";
import type { OutcomeParams, PlannedParams, Protection, VideoState } from "../../services/videos/videos.contract.ts";
import { sharedRedis } from "../support/servers.ts";
import { accepted, rejected, stagedFacts } from "../support/staged-plan.ts";
import { COUNT, ID, lengthOf, PLAN, planned, schedulerMesh, SECONDS, state, type SchedulerMesh } from "./scheduler-mesh.ts";

describe("scheduler", () => {
  let mesh: SchedulerMesh;
  let redis: Redis;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());

  beforeEach(async () => { mesh = await schedulerMesh(redis); });
  afterEach(() => mesh.broker.stop());

  it("plans a video when it is validated, once", async () => {
    await mesh.broker.start();
    mesh.states.set(ID, state(ID, { verdict: accepted(stagedFacts(SECONDS)) }));
    await mesh.broker.emit("video.validated", { videoId: ID });
    expect(mesh.called("planned").map(({ params }) => params as unknown as PlannedParams)).to.deep.equal([{ id: ID, plan: planOf(stagedFacts(SECONDS)) }]);
    mesh.states.set(ID, planned());
    await mesh.broker.call("scheduler.plan", { id: ID });
    mesh.states.set(ID, state(ID, { verdict: rejected }));
    await mesh.broker.call("scheduler.plan", { id: ID });
    expect(mesh.called("planned")).to.have.lengthOf(1);
  });

  it("plans a video whose samples are encrypted in H.264 alone, whatever codecs there are", async () => {
    await mesh.broker.start();
    Object.assign(mesh.broker.getLocalService("scheduler").settings, { encoders: { kind: "software", codecs: ["h264", "hevc"] } });
    const codecsOf = async (protection: Protection): Promise<string[]> => {
      mesh.states.set(ID, state(ID, { verdict: accepted(stagedFacts(SECONDS)), protection }));
      await mesh.broker.call("scheduler.plan", { id: ID });
      const plans = mesh.called("planned").map(({ params }) => (params as unknown as PlannedParams).plan);
      return [...new Set(plans.at(-1)?.video.map(({ codec }) => codec))];
    };
    expect(await codecsOf("cbcs")).to.deep.equal(["h264"]);
    expect(await codecsOf("aes-128")).to.deep.equal(["h264", "hevc"]);
  });

  describe("queues what the policy wants", () => {
    beforeEach(() => mesh.broker.start());
    for (const policy of ["hybrid", "eager"] as const) {
      it(policy, async () => {
        mesh.states.set(ID, planned({ policy }));
        await mesh.broker.emit("video.planned", { videoId: ID });
        const chunks = await mesh.queued("normal");
        for (const rendition of renditionsOf(PLAN)) {
          expect(lengthOf(chunks, rendition.name), rendition.name).to.equal(plannedSegments(PLAN, rendition, policy));
        }
        expect(mesh.called("finish")).to.deep.equal([]);
      });
    }
    it("lazy: nothing, and the video is complete", async () => {
      mesh.states.set(ID, planned({ policy: "lazy" }));
      await mesh.broker.emit("video.planned", { videoId: ID });
      expect(await mesh.queued("normal")).to.deep.equal([]);
      expect(mesh.called("finish").map(({ params }) => (params as unknown as OutcomeParams).outcome.complete)).to.deep.equal([true]);
    });
    it("the beginning before the end, what needs no encoding before what does", async () => {
      mesh.states.set(ID, planned({ policy: "eager" }));
      await mesh.feed();
      const chunks = await mesh.queued("normal");
      expect(chunks.slice(0, 3).map(({ renditions, first }) => `${renditions.join("+")}/${first}`)).to.deep.equal(["audio/0", "source/0", "360p/0"]);
      const encodes = chunks.filter(({ renditions }) => renditions.includes("360p")).map(({ first }) => first);
      expect(encodes).to.deep.equal(encodes.toSorted((a, b) => a - b));
    });
    it("into the lane of its priority", async () => {
      mesh.states.set(ID, planned({ priority: "low" }));
      await mesh.feed();
      expect(await mesh.queued("normal")).to.deep.equal([]);
      expect(await mesh.queued("bulk")).to.not.deep.equal([]);
    });
    it("not twice, and not what is stored", async () => {
      await mesh.storeSegments("360p", 0, 7);
      mesh.states.set(ID, planned({ policy: "eager" }));
      await mesh.feed();
      const once = await mesh.queued("normal");
      await mesh.feed();
      await mesh.broker.emit("video.planned", { videoId: ID });
      expect(await mesh.queued("normal")).to.deep.equal(once);
      expect(Math.min(...once.filter(({ renditions }) => renditions.includes("360p")).map(({ last }) => last))).to.be.at.least(7);
      const counts = await mesh.broker.call<QueueCounts>("scheduler.queue");
      expect(counts).to.deep.include({ normal: { waiting: once.length, active: 0, failed: 0, paused: false } });
    });
    it("until the video is deleted", async () => {
      mesh.states.set(ID, planned());
      await mesh.feed();
      await mesh.broker.broadcast("video.deleted", { videoId: ID });
      expect(await mesh.queued("normal")).to.deep.equal([]);
    });
  });

  describe("finishes a video", () => {
    beforeEach(() => mesh.broker.start());

    it("exactly when the store has all that its policy wants", async () => {
      mesh.states.set(ID, planned({ policy: "eager" }));
      await mesh.storeSegments("source", 0, COUNT);
      await mesh.storeSegments("audio", 0, COUNT);
      await mesh.storeSegments("360p", 0, COUNT - 1);
      await mesh.feed();
      expect(mesh.called("finish")).to.deep.equal([]);
      await mesh.storeSegments("360p", COUNT - 1, COUNT);
      await mesh.feed();
      expect(mesh.called("finish").map(({ params }) => params as unknown as OutcomeParams)).to.have.lengthOf(1).and.have.nested.property("0.outcome.complete", true);
    });

    it("not because the index in Redis says that all is there", async () => {
      mesh.states.set(ID, planned({ policy: "eager" }));
      for (const name of ["source", "audio", "360p"]) for (let n = 0; n < COUNT; n++) await redis.setbit(mesh.keys.stored(ID, name), n, 1);
      await mesh.storeSegments("source", 0, COUNT);
      await mesh.broker.emit("video.planned", { videoId: ID });
      expect(mesh.called("finish")).to.deep.equal([]);
      await mesh.feed();
      expect(await redis.bitcount(mesh.keys.stored(ID, "source"))).to.equal(COUNT);
      expect(await redis.bitcount(mesh.keys.stored(ID, "360p"))).to.equal(0);
      expect(lengthOf(await mesh.queued("normal"), "360p")).to.equal(COUNT);
    });

    it("although segments were refused, and counts them; nobody is asked to make those again", async () => {
      mesh.states.set(ID, planned({ policy: "eager" }));
      for (const name of ["source", "audio"]) await mesh.storeSegments(name, 0, COUNT);
      await mesh.storeSegments("360p", 1, COUNT);
      await mesh.feed();
      expect(mesh.called("finish")).to.deep.equal([]);
      await mesh.store.put(`videos/${ID}/refused/360p/0.json`, Buffer.from("[]"));
      const finished = mesh.calls.until(({ action }) => action === "finish");
      await mesh.broker.emit("segment.refused", { videoId: ID, rendition: "360p", segment: 0, fault: "black" });
      expect((await finished).params["outcome"]).to.deep.include({ complete: true, refusedSegments: 1 });
    });

    it("without what was refused in the queue, also when Redis has forgotten it", async () => {
      mesh.states.set(ID, planned({ policy: "eager" }));
      for (const name of ["source", "audio"]) await mesh.storeSegments(name, 0, COUNT);
      for (let n = 0; n < COUNT; n++) await mesh.store.put(`videos/${ID}/refused/360p/${n}.json`, Buffer.from("[]"));
      await mesh.feed();
      expect(await mesh.queued("normal")).to.deep.equal([]);
      expect(mesh.called("finish")).to.have.lengthOf(1).and.have.nested.property("0.params.outcome.refusedSegments", COUNT);
    });

    it("when the last segment's event comes, telling how far it is meanwhile", async () => {
      mesh.states.set(ID, planned({ policy: "eager" }));
      const finished = mesh.calls.until(({ action }) => action === "finish");
      for (const name of ["source", "audio", "360p"]) {
        await mesh.storeSegments(name, 0, COUNT);
        for (let segment = 0; segment < COUNT; segment++) await mesh.broker.emit("segment.stored", { videoId: ID, rendition: name, segment, bytes: 1 });
      }
      await finished;
      expect(mesh.called("noteProgress")).to.not.deep.equal([]);
    });

    it("as failed when a chunk is poison", async () => {
      mesh.states.set(ID, planned());
      await mesh.broker.call("scheduler.poison", { videoId: ID, renditions: ["360p"], first: 0, last: 4, message: "Invalid data" });
      const [finish] = mesh.called("finish");
      expect(finish?.params["outcome"]).to.deep.include({ complete: false, reasons: [{ class: "encode_failed", message: "Segments 0 to 4 of 360p could not be made.", rendition: "360p", first: 0, last: 4, detail: "Invalid data" }] });
    });
  });

  describe("of an upload that is still arriving", () => {
    const uploaded = (changes: Parameters<typeof state>[1] = {}): VideoState => {
      const video = planned(changes);
      return { ...video, record: { ...video.record, source: { kind: "upload", uploadId: "0".repeat(26) } } };
    };
    beforeEach(() => mesh.broker.start());

    it("queues what can be made of what is there, and the rest when it has come", async () => {
      mesh.arriving.bytes = PLAN.facts.size * 0.9;
      mesh.states.set(ID, uploaded({ policy: "eager" }));
      await mesh.feed();
      for (const name of ["source", "audio", "360p"]) expect(lengthOf(await mesh.queued("normal"), name), name).to.be.within(1, COUNT * 0.9);
      expect(await mesh.queued("bulk")).to.deep.equal([]);
      mesh.arriving.bytes = undefined;
      await mesh.broker.emit("video.arrived", { videoId: ID });
      for (const name of ["source", "audio", "360p"]) expect(lengthOf(await mesh.queued("normal"), name), name).to.equal(COUNT);
      expect(await mesh.queued("bulk")).to.not.deep.equal([]);
    });

    it("finishes no video before all of it is there", async () => {
      mesh.arriving.bytes = PLAN.facts.size - 1;
      mesh.states.set(ID, uploaded({ policy: "lazy" }));
      await mesh.feed();
      expect(mesh.called("finish")).to.deep.equal([]);
      mesh.arriving.bytes = undefined;
      await mesh.feed();
      expect(mesh.called("finish")).to.have.lengthOf(1).and.have.nested.property("0.params.outcome.complete", true);
    });

    it("fails the video when no more of it will come, and says why", async () => {
      mesh.arriving.failure = fail("upload_incomplete", "The upload was given up.");
      mesh.states.set(ID, uploaded());
      await mesh.feed();
      expect(mesh.called("finish")[0]?.params["outcome"]).to.deep.include({ complete: false, reasons: [{ class: "upload_incomplete", message: "The upload was given up." }] });
      expect(await mesh.queued("normal")).to.deep.equal([]);
    });
  });
});
