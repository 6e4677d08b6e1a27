import { expect } from "chai";
import { Redis } from "ioredis";
import type { Context, ServiceBroker } from "moleculer";
import { fail, findErrorCode } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import type { SegmentReport } from "../../media/quality/report.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { catalog } from "../../services/videos/catalog.ts";
import type { ListVideosResult, NoteQualityParams, Outcome, Protection, SubmitParams, Verdict, VideoEvent, VideoState, VideoView } from "../../services/videos/videos.contract.ts";
import { videosService } from "../../services/videos/videos.service.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { watchEvents, type History, type SeenEvent } from "../support/history.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { startRedis } from "../support/redis.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted, rejected, stagedFacts, stagedPlan } from "../support/staged-plan.ts";

const URL_A = "https://media.example/a.mp4";
const OTHER = "01h0000000000000000000000b";
const COMPLETE: Outcome = { complete: true, at: "2026-01-01T00:01:00.000Z" };
const FAILED: Outcome = { complete: false, at: "2026-01-01T00:01:00.000Z", reasons: [{ class: "encode_failed", message: "staged" }] };

/** Uploads that are not finished. */
const arriving = new Set<string>();

interface Node { broker: ServiceBroker; events: History<SeenEvent>; stop(): Promise<void> }

async function startVideos(store: ReturnType<typeof memoryStore>, namespace: string, redisUrl: string, protection?: Protection): Promise<Node> {
  const broker = quietBroker();
  broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
  broker.createService({ name: "source", actions: { upload: (ctx: Context<{ uploadId: string }>) => ({ uploadId: ctx.params.uploadId, size: 3, createdAt: "", ...(arriving.has(ctx.params.uploadId) ? {} : { sha256: "same" }) }) } });
  broker.createService(videosService({ redisUrl, namespace, ...(protection === undefined ? {} : { protection }) }));
  const events = watchEvents(broker, "video.*");
  await broker.start();
  return { broker, events, stop: () => broker.stop() };
}

const submitTo = (node: Node, params: Partial<SubmitParams> = {}): Promise<VideoView> => node.broker.call("videos.submit", { source: sourceAt(URL_A), ...params });
const named = (events: History<SeenEvent>, name: string): SeenEvent[] => events.all.filter((event) => event.name === name);

describe("videos", () => {
  let store: ReturnType<typeof memoryStore>;
  let node: Node;
  let namespace: string;

  beforeEach(async () => {
    store = memoryStore();
    arriving.clear();
    namespace = freshNamespace();
    node = await startVideos(store, namespace, (await sharedRedis()).url);
  });
  afterEach(() => node.stop());

  const submit = (params?: Partial<SubmitParams>) => submitTo(node, params);
  const settle = (id: string, verdict: Verdict) => node.broker.call("videos.settle", { id, verdict });
  const finish = (id: string, outcome: Outcome) => node.broker.call("videos.finish", { id, outcome });
  const get = (id: string): Promise<VideoView> => node.broker.call("videos.get", { id });
  /** Its line is in the event log, and it is in the list. */
  const logged = (id: string) => node.events.until(({ name, payload }) => name === "video.changed" && payload["videoId"] === id);

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
      const answer = submit().then((video) => { answered = true; return video; });
      await reached.promise;
      await node.broker.call("storage.list", { prefix: "" }); // a whole call later
      expect(answered).to.equal(false);
      release.resolve();
      const video = await answer;
      expect([...store.objects.keys()].filter((key) => !key.startsWith("claims/")).toSorted()).to.deep.equal([`open/${video.id}`, `videos/${video.id}/record.json`]);
      expect(video).to.include({ status: "submitted" }).and.not.have.property("existing");
      expect(named(node.events, "video.submitted").map(({ payload }) => payload)).to.deep.equal([{ videoId: video.id }]);
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
      await submit();
      expect([written, looked]).to.deep.equal([true, []]);
    });

    it("does not answer when the store takes nothing", async () => {
      store.put = async () => { throw fail("storage_unavailable", "staged"); };
      expect(findErrorCode(await rejection(submit(), "without a store"))).to.equal("storage_unavailable");
      expect(node.events.all).to.deep.equal([]);
    });

    it("makes one video of a source that is posted twice, until a policy sets them apart", async () => {
      const first = await submit({ title: "first" });
      const second = await submit({ title: "second" });
      expect(second).to.include({ id: first.id, existing: true, title: "first" });
      expect((await submit({ policy: "lazy" })).id).to.not.equal(first.id);
      const upload = await submit({ source: { kind: "upload", uploadId: "u1" } });
      expect(await submit({ source: { kind: "upload", uploadId: "u2" } })).to.include({ id: upload.id, existing: true }); // the same bytes
      expect(named(node.events, "video.submitted")).to.have.lengthOf(3);
    });

    it("makes one video of twenty posts at the same time, from two nodes", async () => {
      const other = await startVideos(store, namespace, (await sharedRedis()).url);
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
        const posts = await Promise.all(Array.from({ length: 20 }, (_, i) => submitTo(i % 2 === 0 ? node : other, { title: `post ${i}` })));
        expect(new Set(posts.map(({ id }) => id)).size).to.equal(1);
        const made = posts.filter(({ existing }) => existing !== true);
        expect(made).to.have.lengthOf(1);
        expect(new Set(posts.map(({ title }) => title))).to.deep.equal(new Set([made[0]?.title]));
        expect([...named(node.events, "video.submitted"), ...named(other.events, "video.submitted")]).to.have.lengthOf(1);
        expect([...store.objects.keys()].filter((key) => key.startsWith("videos/"))).to.have.lengthOf(1);
      } finally {
        await other.stop();
      }
    });

    it("starts anew when the video before was rejected, failed or deleted", async () => {
      const seen = new Set<string>();
      for (const end of [(id: string) => settle(id, rejected), (id: string) => finish(id, FAILED), (id: string) => node.broker.call("videos.remove", { id })]) {
        const { id, existing } = await submit();
        expect(existing).to.equal(undefined);
        seen.add(id);
        await end(id);
      }
      seen.add((await submit()).id);
      expect(seen.size).to.equal(4);
    });

    it("does not mix up two sources that are posted with one Idempotency-Key at the same time", async () => {
      const sources = ["https://media.example/x.mp4", "https://media.example/y.mp4"];
      const posts = await Promise.allSettled(sources.map((url) => submit({ idempotencyKey: "k", source: sourceAt(url) })));
      expect(posts.map(({ status }) => status).toSorted()).to.deep.equal(["fulfilled", "rejected"]);
      for (const url of sources) expect((await submit({ source: sourceAt(url) })).source).to.deep.equal({ kind: "url", url });
    });

    it("is not accepted without the mark by which it is found, also when an earlier post of it got no answer", async () => {
      const source = sourceAt("https://media.example/unanswered.mp4");
      const { id } = await submit({ source });
      await store.remove(`open/${id}`); // as when only the record could be written
      expect(await submit({ source })).to.include({ id, existing: true });
      expect(store.objects.has(`open/${id}`)).to.equal(true);
    });

    it("answers the same video to a repeated Idempotency-Key, and refuses the key for another request", async () => {
      const first = await submit({ idempotencyKey: "k-1", title: "a" });
      expect(await submit({ idempotencyKey: "k-1", title: "a" })).to.include({ id: first.id, existing: true });
      const posts = await Promise.all(Array.from({ length: 10 }, () => submit({ idempotencyKey: "k-2", source: sourceAt("https://media.example/b.mp4") })));
      expect(new Set(posts.map(({ id }) => id)).size).to.equal(1);
      for (const other of [{ title: "b" }, { title: "a", source: sourceAt("https://media.example/c.mp4") }, { title: "a", priority: "high" as const }]) {
        const error = await rejection(submit({ idempotencyKey: "k-1", ...other }), "another request");
        expect(findErrorCode(error)).to.equal("idempotency_conflict");
      }
    });
  });

  describe("the state of a video", () => {
    it("goes from submitted over ready to complete", async () => {
      const { id } = await submit();
      expect((await get(id)).progress?.stage).to.equal("validating");
      await settle(id, accepted(stagedFacts(20)));
      expect(await get(id)).to.deep.include({ status: "submitted", progress: { stage: "planning", storedSegments: 0, plannedSegments: 0 } });
      await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
      expect(await get(id)).to.include({ status: "ready", durationSec: 20 });
      await finish(id, COMPLETE);
      expect((await get(id)).status).to.equal("complete");
      expect(node.events.all.map(({ name }) => name).filter((name) => name !== "video.changed")).to.deep.equal(["video.submitted", "video.validated", "video.planned", "video.complete"]);
      expect(store.objects.has(`open/${id}`)).to.equal(false);
    });

    it("is written once: who comes second changes nothing and announces nothing", async () => {
      const { id } = await submit();
      await Promise.all(Array.from({ length: 10 }, () => settle(id, accepted(stagedFacts(20)))));
      await settle(id, rejected);
      await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
      await node.broker.call("videos.planned", { id, plan: stagedPlan(10) });
      for (const twin of [{ key: "k", of: OTHER }, { key: "k" }]) await node.broker.call("videos.compared", { id, twin });
      await Promise.all([COMPLETE, COMPLETE].map((outcome) => finish(id, outcome)));
      await finish(id, FAILED);
      expect(await get(id)).to.include({ status: "complete", durationSec: 20 }).and.not.have.property("reasons");
      expect((await node.broker.call<VideoState, object>("videos.state", { id })).twin).to.deep.equal({ key: "k", of: OTHER });
      expect(named(node.events, "video.twinned").map(({ payload }) => payload)).to.deep.equal([{ videoId: id, of: OTHER }]);
      for (const name of ["video.validated", "video.planned", "video.compared", "video.complete"]) expect(named(node.events, name)).to.have.lengthOf(1);
      for (const name of ["video.rejected", "video.failed"]) expect(named(node.events, name)).to.have.lengthOf(0);
    });

    it("says why a video was rejected, and closes it", async () => {
      const { id } = await submit();
      await settle(id, rejected);
      expect(await get(id)).to.deep.include({ status: "rejected", reasons: [{ class: "not_media", message: "The source is a web page." }] });
      expect([...store.objects.keys()].toSorted()).to.deep.equal([`videos/${id}/record.json`, `videos/${id}/verdict.json`]);
      const error = await rejection(node.broker.call("videos.plan", { id }), "a plan");
      expect(error).to.deep.include({ type: "video_rejected", data: { reasons: [{ class: "not_media", message: "The source is a web page." }] } });
    });

    it("shows neither user info nor query of its source", async () => {
      const { id } = await submit({ source: sourceAt("https://user:word@media.example/a.mp4?token=secret#t=1") });
      expect((await get(id)).source).to.deep.equal({ kind: "url", url: "https://media.example/a.mp4?…" });
    });

    it("is not there for an id that no video has", async () => {
      const id = "01arz3ndektsv4rrffq69g5fav";
      for (const action of ["get", "plan", "remove"]) expect(findErrorCode(await rejection(node.broker.call(`videos.${action}`, { id }), action))).to.equal("video_not_found");
      expect(await node.broker.call("videos.state", { id })).to.equal(null);
    });
  });

  it("are one video a protection, each with a key of its own, which no answer, list or event has", async () => {
    const [plain, whole, samples, again] = [await submit(), await submit({ protection: "aes-128" }), await submit({ protection: "cbcs" }), await submit({ protection: "cbcs" })];
    expect(new Set([plain, whole, samples].map(({ id }) => id)).size).to.equal(3);
    expect([again.id, again.existing, again.protection]).to.deep.equal([samples.id, true, "cbcs"]);
    const objects = [whole, samples].map(({ id }) => store.objects.get(objectKeys.contentKey(id))?.toString() ?? "");
    expect(store.objects.has(objectKeys.contentKey(plain.id))).to.equal(false);
    const secrets = objects.map((object) => (JSON.parse(object) as { key: string }).key);
    expect(new Set(secrets).size).to.equal(2);
    await settle(samples.id, accepted(stagedFacts(4)));
    await node.broker.call("videos.planned", { id: samples.id, plan: stagedPlan(4) });
    expect(await node.broker.call("videos.plan", { id: samples.id, watch: true })).to.deep.include({ plan: stagedPlan(4), protection: "cbcs" });
    expect(await node.broker.call("videos.plan", { id: plain.id, watch: true })).to.deep.include({ plan: null, protection: "none" });
    const said = JSON.stringify([await get(samples.id), await node.broker.call("videos.list"), await node.broker.call("videos.events", { id: samples.id }), await node.broker.call("videos.state", { id: samples.id }), node.events.all]);
    for (const secret of secrets) expect(said).to.not.contain(secret);
  });

  it("take the protection of the setting when the post names none", async () => {
    const other = await startVideos(store, namespace, (await sharedRedis()).url, "aes-128");
    expect((await submitTo(other, { source: sourceAt("https://media.example/b.mp4") })).protection).to.equal("aes-128");
    expect((await submitTo(other, { source: sourceAt("https://media.example/b.mp4"), protection: "none" })).protection).to.equal("none");
    await other.stop();
  });

  it("leaves nothing of a deleted video but its tombstone, and for a while its mark", async () => {
    const { id } = await submit();
    await settle(id, accepted(stagedFacts(20)));
    await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
    for (const key of [`videos/${id}/media/source/0.m4s`, `videos/${id}/media/source/init.mp4`]) await store.put(key, Buffer.from("x"));
    await node.broker.call("videos.remove", { id });
    expect([...store.objects.keys()].toSorted()).to.deep.equal([`deleted/${id}.json`, `open/${id}.deleted`]);
    await store.put(`videos/${id}/media/source/1.m4s`, Buffer.from("late"));
    await node.broker.call("videos.bury", { id }); // as a reconciler does
    expect([...store.objects.keys()].toSorted()).to.deep.equal([`deleted/${id}.json`, `open/${id}.deleted`]);
    await node.broker.call("videos.remove", { id }); // twice does no harm
    expect((await get(id)).status).to.equal("deleted");
    expect(findErrorCode(await rejection(node.broker.call("videos.plan", { id }), "a plan"))).to.equal("video_deleted");
    await settle(id, rejected);
    await finish(id, COMPLETE);
    expect([...store.objects.keys()].toSorted()).to.deep.equal([`deleted/${id}.json`, `open/${id}.deleted`]);
    expect(named(node.events, "video.deleted")).to.have.lengthOf(1);
    expect(await node.broker.call("videos.list")).to.deep.equal({ videos: [] });
  });

  describe("the quality of a video", () => {
    const good = (segment: number, min: number): SegmentReport => ({ segment, findings: [], frames: 50, ssim: { min, mean: 0.99, compared: 4 } });
    const bad: SegmentReport = { segment: 2, findings: [{ fault: "black", detail: "4 of 4" }], frames: 50, retries: 2 };
    const note = (params: Omit<NoteQualityParams, "id">, id: string) => node.broker.call("videos.noteQuality", { id, ...params });

    it("is shown with it, is told when something is refused, and outlives the node", async () => {
      const { id } = await submit();
      await settle(id, accepted(stagedFacts(20)));
      await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
      expect(await get(id)).to.not.have.property("quality");
      await note({ rendition: "360p", reports: [good(0, 0.97), { ...good(1, 0.95), retries: 1 }], refused: [bad] }, id);
      await note({ rendition: "360p", reports: [good(1, 0.96), good(3, 0.98)], refused: [] }, id); // 1 was checked on two nodes
      await note({ rendition: "audio", reports: [{ segment: 0, findings: [], frames: 94, sourceErrors: 3 }], refused: [bad] }, id);
      const { quality } = await get(id);
      expect(quality).to.deep.equal({
        checkedSegments: 6, refusedSegments: 2,
        renditions: [
          { name: "360p", checkedSegments: 3, madeAgain: 0, minSsim: 0.96, meanSsim: 0.99, sourceErrors: 0 },
          { name: "audio", checkedSegments: 1, madeAgain: 0, sourceErrors: 3 },
        ],
        refused: ["360p", "audio"].map((rendition) => ({ rendition, segment: 2, fault: "black", detail: "4 of 4" })),
      });
      expect([...store.objects.keys()]).to.include.members([`videos/${id}/refused/360p/2.json`, `videos/${id}/quality/360p/0-1.json`]);
      const { events } = await node.broker.call<{ events: VideoEvent[] }, object>("videos.events", { id });
      expect(events.filter(({ type }) => type === "refused").map(({ data }) => data)).to.deep.equal(["360p", "audio"].map((rendition) => ({ rendition, segment: 2, fault: "black", detail: "4 of 4" })));
      const other = await startVideos(store, freshNamespace(), (await sharedRedis()).url);
      expect((await other.broker.call<VideoView, object>("videos.get", { id })).quality).to.deep.equal(quality);
      await other.stop();
    });

    it("is gone with a video that is deleted", async () => {
      const { id } = await submit();
      await node.broker.call("videos.remove", { id });
      await note({ rendition: "360p", reports: [good(0, 0.97)], refused: [bad] }, id);
      expect([...store.objects.keys()].filter((key) => key.startsWith("videos/"))).to.deep.equal([]);
    });
  });

  describe("an upload", () => {
    const upload = async (uploadId: string): Promise<{ source: SubmitParams["source"] }> => {
      for (const name of ["source", "upload.json"]) await store.put(`uploads/${uploadId}/${name}`, Buffer.from(JSON.stringify({ sha256: "same" })));
      return { source: { kind: "upload", uploadId } };
    };
    const uploads = (): string[] => [...store.objects.keys()].filter((key) => key.startsWith("uploads/")).toSorted();

    it("goes with the video that was made of it, when that is rejected or deleted", async () => {
      for (const end of [(id: string) => settle(id, rejected), (id: string) => node.broker.call("videos.remove", { id })]) {
        const { id } = await submit(await upload("u1"));
        expect(uploads()).to.have.lengthOf(2);
        await end(id);
        expect(uploads()).to.deep.equal([]);
      }
    });
    it("stays when it only came no further: it may still be finished, and posted again", async () => {
      const { id } = await submit(await upload("u1"));
      await settle(id, { accepted: false, at: "2026-01-01T00:00:00.000Z", reasons: [{ class: "upload_incomplete", message: "staged" }] });
      expect(uploads()).to.have.lengthOf(2);
      expect((await submit({ source: { kind: "upload", uploadId: "u1" } })).id).to.not.equal(id);
    });
    it("that is posted before it is finished is one video, also of its bytes from then on", async () => {
      arriving.add("u1");
      const first = await submit({ source: { kind: "upload", uploadId: "u1" } });
      expect(await submit({ source: { kind: "upload", uploadId: "u1" } })).to.include({ id: first.id, existing: true });
      expect((await submit(await upload("u2"))).id).to.not.equal(first.id);
      await node.broker.call("videos.remove", { id: (await submit(await upload("u2"))).id });
      arriving.delete("u1");
      const told = node.events.until(({ name }) => name === "video.arrived");
      await node.broker.emit("upload.finished", { uploadId: "u1", sha256: "same" });
      expect((await told).payload).to.deep.equal({ videoId: first.id });
      for (const uploadId of ["u1", "u3"]) expect(await submit(await upload(uploadId)), uploadId).to.include({ id: first.id, existing: true });
    });
    it("is its video's bytes at its end, also when nobody said that it was finished", async () => {
      arriving.add("u1");
      const { id } = await submit({ source: { kind: "upload", uploadId: "u1" } });
      arriving.delete("u1");
      await upload("u1");
      await finish(id, COMPLETE);
      expect(await submit(await upload("u2"))).to.include({ id, existing: true });
    });
    it("stays as long as another video is made of the same bytes", async () => {
      const first = await submit(await upload("u1"));
      const second = await submit({ source: { kind: "upload", uploadId: "u1" }, policy: "lazy" });
      expect(second.id).to.not.equal(first.id);
      await node.broker.call("videos.remove", { id: first.id });
      expect(uploads()).to.deep.equal(["uploads/u1/source", "uploads/u1/upload.json"]);
      await node.broker.call("videos.remove", { id: second.id });
      expect(uploads()).to.deep.equal([]);
    });
    it("that comes a second time is not kept twice", async () => {
      await submit(await upload("u1"));
      await submit(await upload("u2"));
      expect(uploads()).to.deep.equal(["uploads/u1/source", "uploads/u1/upload.json", "uploads/u2/upload.json"]);
    });
    it("that comes a second time stays when a private video is of it, and goes with that", async () => {
      await submit(await upload("u1"));
      const { id } = await submit({ ...(await upload("u2")), visibility: "private" });
      await submit(await upload("u2"));
      expect(uploads()).to.include("uploads/u2/source");
      await node.broker.call("videos.remove", { id });
      expect(uploads()).to.not.include("uploads/u2/source");
    });
    it("is all gone when two uploads of the same bytes became two videos and both are deleted", async () => {
      const first = await submit(await upload("u1"));
      const second = await submit({ ...(await upload("u2")), policy: "lazy" });
      for (const { id } of [first, second]) await node.broker.call("videos.remove", { id });
      expect(uploads()).to.deep.equal([]);
    });
  });

  describe("the list", () => {
    const submitMany = async (count: number): Promise<string[]> => {
      const ids: string[] = [];
      for (let n = 0; n < count; n++) {
        const { id } = await submit({ source: sourceAt(`https://media.example/${n}.mp4`) });
        await logged(id);
        ids.push(id);
      }
      return ids;
    };
    const page = (params: object): Promise<ListVideosResult> => node.broker.call("videos.list", params);

    it("comes in pages that neither repeat nor leave out, also when a page's last video is deleted meanwhile", async () => {
      const ids = await submitMany(7);
      const first = await page({ limit: 3 });
      const last = first.videos.at(-1)?.id ?? "";
      await node.broker.call("videos.remove", { id: last });
      const second = await page({ limit: 3, cursor: first.next });
      const third = await page({ limit: 3, cursor: second.next });
      const listed = [first, second, third].flatMap(({ videos }) => videos.map(({ id }) => id));
      expect(listed.toSorted()).to.deep.equal(ids.toSorted());
      expect(third).to.not.have.property("next");
      const times = [first, second, third].flatMap(({ videos }) => videos.map(({ createdAt }) => createdAt));
      expect(times).to.deep.equal(times.toSorted().toReversed());
      expect(findErrorCode(await rejection(page({ cursor: "made-up" }), "a cursor of one's own"))).to.equal("bad_request");
    });

    it("leaves out none of those that were posted in the same millisecond as one that was deleted", async () => {
      const redis = new Redis((await sharedRedis()).url);
      const list = catalog(redis, redisKeys(freshNamespace()));
      const ids = ["a", "b", "c", "d", "e"].map((letter) => letter.repeat(26));
      for (const id of ids) await list.add({ id, createdAt: "2026-01-01T00:00:00.000Z" });
      const first = await list.page(2, undefined);
      await list.remove({ id: first.ids.at(-1) ?? "", createdAt: "" });
      const second = await list.page(9, first.next);
      expect([...first.ids, ...second.ids]).to.deep.equal(ids.toReversed());
      redis.disconnect();
    });

    it("is rebuilt from the store when Redis has lost it", async () => {
      const ids = await submitMany(3);
      await node.broker.call("videos.remove", { id: ids[0] });
      const fresh = await startVideos(store, freshNamespace(), (await sharedRedis()).url);
      try {
        const { videos } = await fresh.broker.call<ListVideosResult>("videos.list");
        expect(videos.map(({ id }) => id).toSorted()).to.deep.equal(ids.slice(1).toSorted());
      } finally {
        await fresh.stop();
      }
    });
  });

  it("tells what happened to a video, from the start or from where a reader was", async () => {
    const { id } = await submit();
    await settle(id, accepted(stagedFacts(20)));
    await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
    await node.broker.call("videos.noteProgress", { id, progress: { stage: "encoding", storedSegments: 1, plannedSegments: 9 } });
    const read = async (after?: string): Promise<VideoEvent[]> => (await node.broker.call<{ events: VideoEvent[] }, object>("videos.events", { id, ...(after === undefined ? {} : { after }) })).events;
    const events = await read();
    expect(events.map(({ type }) => type)).to.deep.equal(["submitted", "validated", "planned", "progress"]);
    expect(events[3]?.data).to.deep.equal({ stage: "encoding", storedSegments: 1, plannedSegments: 9 });
    expect(await read(events[1]?.id)).to.deep.equal(events.slice(2));
    expect(await read(events[3]?.id)).to.deep.equal([]);
  });
});

describe("videos while Redis is away", () => {
  it("still takes, shows and deletes videos, and lists them when it is back", async () => {
    const redis = await startRedis();
    const namespace = freshNamespace();
    const store = memoryStore();
    const node = await startVideos(store, namespace, redis.url);
    await redis.kill();
    const { id } = await submitTo(node);
    expect(store.objects.has(`videos/${id}/record.json`)).to.equal(true);
    await node.broker.call("videos.settle", { id, verdict: accepted(stagedFacts(20)) });
    await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
    expect(await node.broker.call<VideoView, object>("videos.get", { id })).to.include({ id, status: "ready" });
    for (const [action, params] of [["list", {}], ["events", { id }]] as const) {
      expect(findErrorCode(await rejection(node.broker.call(`videos.${action}`, params), action))).to.equal("queue_unavailable");
    }
    const second = await submitTo(node, { policy: "lazy" });
    await node.broker.call("videos.remove", { id: second.id });
    expect((await node.broker.call<VideoState, object>("videos.state", { id: second.id })).deleted).to.equal(true);

    const back = await startRedis({ port: redis.port });
    const restarted = await startVideos(store, namespace, redis.url);
    const { videos } = await restarted.broker.call<ListVideosResult>("videos.list");
    expect(videos.map((video) => video.id)).to.deep.equal([id]);
    await Promise.all([node.stop(), restarted.stop()]);
    await back.stop();
  });
});
