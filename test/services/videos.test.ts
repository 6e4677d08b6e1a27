/** Videos from their post to their end: what is written, once, and what is announced. */
import { expect } from "chai";
import { fail, findErrorCode } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import type { VideoState } from "../../services/videos/videos.contract.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { memoryStore } from "../support/memory-store.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace } from "../support/servers.ts";
import { accepted, rejected, stagedFacts, stagedPlan } from "../support/staged-plan.ts";
import { COMPLETE, FAILED, startVideos, type VideosNode } from "./videos-node.ts";

const OTHER = "01h0000000000000000000000b";

describe("videos", () => {
  let store: ReturnType<typeof memoryStore>;
  let node: VideosNode;
  let namespace: string;

  beforeEach(async () => {
    store = memoryStore();
    namespace = freshNamespace();
    node = await startVideos(store, namespace);
  });
  afterEach(() => node.stop());

  describe("submit", () => {
    it("answers when the record is durable, not before", async () => {
      const reached = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      const { put } = store;
      store.put = async (key, ...rest) => {
        if (key.endsWith("/record.json")) {
          reached.resolve();
          await release.promise;
        }
        return await put(key, ...rest);
      };
      let answered = false;
      const answer = node.submit().then((video) => { answered = true; return video; });
      await reached.promise;
      await node.broker.call("storage.list", { prefix: "" }); // a whole call later
      expect(answered).to.equal(false);
      release.resolve();
      const video = await answer;
      expect([...store.objects.keys()].filter((key) => !key.startsWith("claims/")).toSorted()).to.deep.equal([`open/${video.id}`, `videos/${video.id}/record.json`]);
      expect(video).to.include({ status: "submitted" }).and.not.have.property("existing");
      expect(node.named("video.submitted").map(({ payload }) => payload)).to.deep.equal([{ videoId: video.id }]);
    });

    it("looks for no video under an id that it has just made up, which costs the way to another region", async () => {
      const { get, put } = store;
      const looked: string[] = [];
      let written = false;
      store.get = async (key) => {
        if (!written && key.startsWith("videos/")) looked.push(key);
        return await get(key);
      };
      store.put = async (key, ...rest) => {
        written ||= key.endsWith("/record.json");
        return await put(key, ...rest);
      };
      await node.submit();
      expect([written, looked]).to.deep.equal([true, []]);
    });

    it("does not answer when the store takes nothing", async () => {
      store.put = async () => { throw fail("storage_unavailable", "staged"); };
      expect(findErrorCode(await rejection(node.submit(), "without a store"))).to.equal("storage_unavailable");
      expect(node.events.all).to.deep.equal([]);
    });

    it("makes one video of a source that is posted twice, until a policy sets them apart", async () => {
      const first = await node.submit({ title: "first" });
      const second = await node.submit({ title: "second" });
      expect(second).to.include({ id: first.id, existing: true, title: "first" });
      expect((await node.submit({ policy: "lazy" })).id).to.not.equal(first.id);
      const upload = await node.submit({ source: { kind: "upload", uploadId: "u1" } });
      expect(await node.submit({ source: { kind: "upload", uploadId: "u2" } })).to.include({ id: upload.id, existing: true }); // the same bytes
      expect(node.named("video.submitted")).to.have.lengthOf(3);
    });

    it("makes one video of twenty posts at the same time, from two nodes", async () => {
      const other = await startVideos(store, namespace);
      const { put } = store;
      const claimed = Promise.withResolvers<void>();
      let claims = 0;
      store.put = async (key, ...rest) => {
        if (key.startsWith("claims/") && ++claims === 20) claimed.resolve();
        const result = await put(key, ...rest);
        if (!key.startsWith("claims/")) await claimed.promise; // no record before all have asked
        return result;
      };
      try {
        const posts = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? node : other).submit({ title: `post ${i}` })));
        expect(new Set(posts.map(({ id }) => id)).size).to.equal(1);
        const made = posts.filter(({ existing }) => existing !== true);
        expect(made).to.have.lengthOf(1);
        expect(new Set(posts.map(({ title }) => title))).to.deep.equal(new Set([made[0]?.title]));
        expect([...node.named("video.submitted"), ...other.named("video.submitted")]).to.have.lengthOf(1);
        expect([...store.objects.keys()].filter((key) => key.startsWith("videos/"))).to.have.lengthOf(1);
      } finally {
        await other.stop();
      }
    });

    it("starts anew when the video before was rejected, failed or deleted", async () => {
      const seen = new Set<string>();
      for (const end of [(id: string) => node.settle(id, rejected), (id: string) => node.finish(id, FAILED), (id: string) => node.broker.call("videos.remove", { id })]) {
        const { id, existing } = await node.submit();
        expect(existing).to.equal(undefined);
        seen.add(id);
        await end(id);
      }
      seen.add((await node.submit()).id);
      expect(seen.size).to.equal(4);
    });

    it("does not mix up two sources that are posted with one Idempotency-Key at the same time", async () => {
      const sources = ["https://media.example/x.mp4", "https://media.example/y.mp4"];
      const posts = await Promise.allSettled(sources.map((url) => node.submit({ idempotencyKey: "k", source: sourceAt(url) })));
      expect(posts.map(({ status }) => status).toSorted()).to.deep.equal(["fulfilled", "rejected"]);
      for (const url of sources) expect((await node.submit({ source: sourceAt(url) })).source).to.deep.equal({ kind: "url", url });
    });

    it("is not accepted without the mark by which it is found, also when an earlier post of it got no answer", async () => {
      const source = sourceAt("https://media.example/unanswered.mp4");
      const { id } = await node.submit({ source });
      await store.remove(`open/${id}`); // as when only the record could be written
      expect(await node.submit({ source })).to.include({ id, existing: true });
      expect(store.objects.has(`open/${id}`)).to.equal(true);
    });

    it("answers the same video to a repeated Idempotency-Key, and refuses the key for another request", async () => {
      const first = await node.submit({ idempotencyKey: "k-1", title: "a" });
      expect(await node.submit({ idempotencyKey: "k-1", title: "a" })).to.include({ id: first.id, existing: true });
      const posts = await Promise.all(Array.from({ length: 10 }, () => node.submit({ idempotencyKey: "k-2", source: sourceAt("https://media.example/b.mp4") })));
      expect(new Set(posts.map(({ id }) => id)).size).to.equal(1);
      for (const other of [{ title: "b" }, { title: "a", source: sourceAt("https://media.example/c.mp4") }, { title: "a", priority: "high" as const }]) {
        const error = await rejection(node.submit({ idempotencyKey: "k-1", ...other }), "another request");
        expect(findErrorCode(error)).to.equal("idempotency_conflict");
      }
    });
  });

  describe("the state of a video", () => {
    it("goes from submitted over ready to complete", async () => {
      const { id } = await node.submit();
      expect((await node.get(id)).progress?.stage).to.equal("validating");
      await node.settle(id, accepted(stagedFacts(20)));
      expect(await node.get(id)).to.deep.include({ status: "submitted", progress: { stage: "planning", storedSegments: 0, plannedSegments: 0 } });
      await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
      expect(await node.get(id)).to.include({ status: "ready", durationSec: 20 });
      await node.finish(id, COMPLETE);
      expect((await node.get(id)).status).to.equal("complete");
      expect(node.events.all.map(({ name }) => name).filter((name) => name !== "video.changed")).to.deep.equal(["video.submitted", "video.validated", "video.planned", "video.complete"]);
      expect(store.objects.has(`open/${id}`)).to.equal(false);
    });

    it("is written once: who comes second changes nothing and announces nothing", async () => {
      const { id } = await node.submit();
      await Promise.all(Array.from({ length: 10 }, () => node.settle(id, accepted(stagedFacts(20)))));
      await node.settle(id, rejected);
      await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
      await node.broker.call("videos.planned", { id, plan: stagedPlan(10) });
      for (const twin of [{ key: "k", of: OTHER }, { key: "k" }]) await node.broker.call("videos.compared", { id, twin });
      await Promise.all([COMPLETE, COMPLETE].map((outcome) => node.finish(id, outcome)));
      await node.finish(id, FAILED);
      expect(await node.get(id)).to.include({ status: "complete", durationSec: 20 }).and.not.have.property("reasons");
      expect((await node.broker.call<VideoState, object>("videos.state", { id })).twin).to.deep.equal({ key: "k", of: OTHER });
      expect(node.named("video.twinned").map(({ payload }) => payload)).to.deep.equal([{ videoId: id, of: OTHER }]);
      for (const name of ["video.validated", "video.planned", "video.compared", "video.complete"]) expect(node.named(name)).to.have.lengthOf(1);
      for (const name of ["video.rejected", "video.failed"]) expect(node.named(name)).to.have.lengthOf(0);
    });

    it("says why a video was rejected, and closes it", async () => {
      const { id } = await node.submit();
      await node.settle(id, rejected);
      expect(await node.get(id)).to.deep.include({ status: "rejected", reasons: [{ class: "not_media", message: "The source is a web page." }] });
      expect([...store.objects.keys()].toSorted()).to.deep.equal([`videos/${id}/record.json`, `videos/${id}/verdict.json`]);
      const error = await rejection(node.broker.call("videos.plan", { id }), "a plan");
      expect(error).to.deep.include({ type: "video_rejected", data: { reasons: [{ class: "not_media", message: "The source is a web page." }] } });
    });

    it("shows neither user info nor query of its source", async () => {
      const { id } = await node.submit({ source: sourceAt("https://user:word@media.example/a.mp4?token=secret#t=1") });
      expect((await node.get(id)).source).to.deep.equal({ kind: "url", url: "https://media.example/a.mp4?…" });
    });

    it("is not there for an id that no video has", async () => {
      const id = "01arz3ndektsv4rrffq69g5fav";
      for (const action of ["get", "plan", "remove"]) expect(findErrorCode(await rejection(node.broker.call(`videos.${action}`, { id }), action))).to.equal("video_not_found");
      expect(await node.broker.call("videos.state", { id })).to.equal(null);
    });
  });

  it("are one video a protection, each with a key of its own, which no answer, list or event has", async () => {
    const [plain, whole, samples, again] = [await node.submit(), await node.submit({ protection: "aes-128" }), await node.submit({ protection: "cbcs" }), await node.submit({ protection: "cbcs" })];
    expect(new Set([plain, whole, samples].map(({ id }) => id)).size).to.equal(3);
    expect([again.id, again.existing, again.protection]).to.deep.equal([samples.id, true, "cbcs"]);
    const objects = [whole, samples].map(({ id }) => store.objects.get(objectKeys.contentKey(id))?.toString() ?? "");
    expect(store.objects.has(objectKeys.contentKey(plain.id))).to.equal(false);
    const secrets = objects.map((object) => (JSON.parse(object) as { key: string }).key);
    expect(new Set(secrets).size).to.equal(2);
    await node.settle(samples.id, accepted(stagedFacts(4)));
    await node.broker.call("videos.planned", { id: samples.id, plan: stagedPlan(4) });
    expect(await node.broker.call("videos.plan", { id: samples.id, watch: true })).to.deep.include({ plan: stagedPlan(4), protection: "cbcs" });
    expect(await node.broker.call("videos.plan", { id: plain.id, watch: true })).to.deep.include({ plan: null, protection: "none" });
    const said = JSON.stringify([await node.get(samples.id), await node.broker.call("videos.list"), await node.broker.call("videos.events", { id: samples.id }), await node.broker.call("videos.state", { id: samples.id }), node.events.all]);
    for (const secret of secrets) expect(said).to.not.contain(secret);
  });

  it("take the protection of the setting when the post names none", async () => {
    const other = await startVideos(store, namespace, { protection: "aes-128" });
    expect((await other.submit({ source: sourceAt("https://media.example/b.mp4") })).protection).to.equal("aes-128");
    expect((await other.submit({ source: sourceAt("https://media.example/b.mp4"), protection: "none" })).protection).to.equal("none");
    await other.stop();
  });

  it("leaves nothing of a deleted video but its tombstone, and for a while its mark", async () => {
    const { id } = await node.submit();
    await node.settle(id, accepted(stagedFacts(20)));
    await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
    for (const key of [`videos/${id}/media/source/0.m4s`, `videos/${id}/media/source/init.mp4`]) await store.put(key, Buffer.from("x"));
    await node.broker.call("videos.remove", { id });
    expect([...store.objects.keys()].toSorted()).to.deep.equal([`deleted/${id}.json`, `open/${id}.deleted`]);
    await store.put(`videos/${id}/media/source/1.m4s`, Buffer.from("late"));
    await node.broker.call("videos.bury", { id }); // as a reconciler does
    expect([...store.objects.keys()].toSorted()).to.deep.equal([`deleted/${id}.json`, `open/${id}.deleted`]);
    await node.broker.call("videos.remove", { id }); // twice does no harm
    expect((await node.get(id)).status).to.equal("deleted");
    expect(findErrorCode(await rejection(node.broker.call("videos.plan", { id }), "a plan"))).to.equal("video_deleted");
    await node.settle(id, rejected);
    await node.finish(id, COMPLETE);
    expect([...store.objects.keys()].toSorted()).to.deep.equal([`deleted/${id}.json`, `open/${id}.deleted`]);
    expect(node.named("video.deleted")).to.have.lengthOf(1);
    expect(await node.broker.call("videos.list")).to.deep.equal({ videos: [] });
  });
});
