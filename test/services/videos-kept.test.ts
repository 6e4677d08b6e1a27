/** What is kept of videos and told again: checks, uploads, the list, events; also while Redis is away. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { findErrorCode } from "../../config/errors.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import type { SegmentReport } from "../../media/quality/report.ts";
import { catalog } from "../../services/videos/catalog.ts";
import type { ListVideosResult, NoteQualityParams, SubmitParams, VideoEvent, VideoState, VideoView } from "../../services/videos/videos.contract.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { memoryStore } from "../support/memory-store.ts";
import { startRedis } from "../support/redis.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted, rejected, stagedFacts, stagedPlan } from "../support/staged-plan.ts";
import { COMPLETE, startVideos, type VideosNode } from "./videos-node.ts";

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

  describe("the quality of a video", () => {
    const good = (segment: number, min: number): SegmentReport => ({ segment, findings: [], frames: 50, ssim: { min, mean: 0.99, compared: 4 } });
    const bad: SegmentReport = { segment: 2, findings: [{ fault: "black", detail: "4 of 4" }], frames: 50, retries: 2 };
    const note = (params: Omit<NoteQualityParams, "id">, id: string) => node.broker.call("videos.noteQuality", { id, ...params });

    it("is shown with it, is told when something is refused, and outlives the node", async () => {
      const { id } = await node.submit();
      await node.settle(id, accepted(stagedFacts(20)));
      await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
      expect(await node.get(id)).to.not.have.property("quality");
      await note({ rendition: "360p", reports: [good(0, 0.97), { ...good(1, 0.95), retries: 1 }], refused: [bad] }, id);
      await note({ rendition: "360p", reports: [good(1, 0.96), good(3, 0.98)], refused: [] }, id); // 1 was checked on two nodes
      await note({ rendition: "audio", reports: [{ segment: 0, findings: [], frames: 94, sourceErrors: 3 }], refused: [bad] }, id);
      const { quality } = await node.get(id);
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
      const other = await startVideos(store, freshNamespace());
      expect((await other.broker.call<VideoView, object>("videos.get", { id })).quality).to.deep.equal(quality);
      await other.stop();
    });

    it("is gone with a video that is deleted", async () => {
      const { id } = await node.submit();
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
      for (const end of [(id: string) => node.settle(id, rejected), (id: string) => node.broker.call("videos.remove", { id })]) {
        const { id } = await node.submit(await upload("u1"));
        expect(uploads()).to.have.lengthOf(2);
        await end(id);
        expect(uploads()).to.deep.equal([]);
      }
    });
    it("stays when it only came no further: it may still be finished, and posted again", async () => {
      const { id } = await node.submit(await upload("u1"));
      await node.settle(id, { accepted: false, at: "2026-01-01T00:00:00.000Z", reasons: [{ class: "upload_incomplete", message: "staged" }] });
      expect(uploads()).to.have.lengthOf(2);
      expect((await node.submit({ source: { kind: "upload", uploadId: "u1" } })).id).to.not.equal(id);
    });
    it("that is posted before it is finished is one video, also of its bytes from then on", async () => {
      node.arriving.add("u1");
      const first = await node.submit({ source: { kind: "upload", uploadId: "u1" } });
      expect(await node.submit({ source: { kind: "upload", uploadId: "u1" } })).to.include({ id: first.id, existing: true });
      expect((await node.submit(await upload("u2"))).id).to.not.equal(first.id);
      await node.broker.call("videos.remove", { id: (await node.submit(await upload("u2"))).id });
      node.arriving.delete("u1");
      const told = node.events.until(({ name }) => name === "video.arrived");
      await node.broker.emit("upload.finished", { uploadId: "u1", sha256: "same" });
      expect((await told).payload).to.deep.equal({ videoId: first.id });
      for (const uploadId of ["u1", "u3"]) expect(await node.submit(await upload(uploadId)), uploadId).to.include({ id: first.id, existing: true });
    });
    it("is its video's bytes at its end, also when nobody said that it was finished", async () => {
      node.arriving.add("u1");
      const { id } = await node.submit({ source: { kind: "upload", uploadId: "u1" } });
      node.arriving.delete("u1");
      await upload("u1");
      await node.finish(id, COMPLETE);
      expect(await node.submit(await upload("u2"))).to.include({ id, existing: true });
    });
    it("stays as long as another video is made of the same bytes", async () => {
      const first = await node.submit(await upload("u1"));
      const second = await node.submit({ source: { kind: "upload", uploadId: "u1" }, policy: "lazy" });
      expect(second.id).to.not.equal(first.id);
      await node.broker.call("videos.remove", { id: first.id });
      expect(uploads()).to.deep.equal(["uploads/u1/source", "uploads/u1/upload.json"]);
      await node.broker.call("videos.remove", { id: second.id });
      expect(uploads()).to.deep.equal([]);
    });
    it("that comes a second time is not kept twice", async () => {
      await node.submit(await upload("u1"));
      await node.submit(await upload("u2"));
      expect(uploads()).to.deep.equal(["uploads/u1/source", "uploads/u1/upload.json", "uploads/u2/upload.json"]);
    });
    it("that comes a second time stays when a private video is of it, and goes with that", async () => {
      await node.submit(await upload("u1"));
      const { id } = await node.submit({ ...(await upload("u2")), visibility: "private" });
      await node.submit(await upload("u2"));
      expect(uploads()).to.include("uploads/u2/source");
      await node.broker.call("videos.remove", { id });
      expect(uploads()).to.not.include("uploads/u2/source");
    });
    it("is all gone when two uploads of the same bytes became two videos and both are deleted", async () => {
      const first = await node.submit(await upload("u1"));
      const second = await node.submit({ ...(await upload("u2")), policy: "lazy" });
      for (const { id } of [first, second]) await node.broker.call("videos.remove", { id });
      expect(uploads()).to.deep.equal([]);
    });
  });

  describe("the list", () => {
    const submitMany = async (count: number): Promise<string[]> => {
      const ids: string[] = [];
      for (let n = 0; n < count; n++) {
        const { id } = await node.submit({ source: sourceAt(`https://media.example/${n}.mp4`) });
        await node.logged(id);
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
      const fresh = await startVideos(store, freshNamespace());
      try {
        const { videos } = await fresh.broker.call<ListVideosResult>("videos.list");
        expect(videos.map(({ id }) => id).toSorted()).to.deep.equal(ids.slice(1).toSorted());
      } finally {
        await fresh.stop();
      }
    });
  });

  it("tells what happened to a video, from the start or from where a reader was", async () => {
    const { id } = await node.submit();
    await node.settle(id, accepted(stagedFacts(20)));
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
    const node = await startVideos(store, namespace, { redisUrl: redis.url });
    await redis.kill();
    const { id } = await node.submit();
    expect(store.objects.has(`videos/${id}/record.json`)).to.equal(true);
    await node.broker.call("videos.settle", { id, verdict: accepted(stagedFacts(20)) });
    await node.broker.call("videos.planned", { id, plan: stagedPlan(20) });
    expect(await node.broker.call<VideoView, object>("videos.get", { id })).to.include({ id, status: "ready" });
    for (const [action, params] of [["list", {}], ["events", { id }]] as const) {
      expect(findErrorCode(await rejection(node.broker.call(`videos.${action}`, params), action))).to.equal("queue_unavailable");
    }
    const second = await node.submit({ policy: "lazy" });
    await node.broker.call("videos.remove", { id: second.id });
    expect((await node.broker.call<VideoState, object>("videos.state", { id: second.id })).deleted).to.equal(true);

    const back = await startRedis({ port: redis.port });
    const restarted = await startVideos(store, namespace, { redisUrl: redis.url });
    const { videos } = await restarted.broker.call<ListVideosResult>("videos.list");
    expect(videos.map((video) => video.id)).to.deep.equal([id]);
    await Promise.all([node.stop(), restarted.stop()]);
    await back.stop();
  });
});
