/** Videos that are opened once more after a bad end, and those of tenants. */
import { expect } from "chai";
import type { CallingOptions, Context, ServiceBroker } from "moleculer";
import { passports } from "../../config/access/passports.ts";
import { fail, findErrorCode } from "../../config/errors.ts";
import { accessGuard } from "../../config/middlewares/access-guard.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { ListVideosResult, Outcome, SubmitParams, Verdict, VideoEvent, VideoHistory, VideoState, VideoView } from "../../services/videos/videos.contract.ts";
import { videosService } from "../../services/videos/videos.service.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { eventually } from "../support/eventually.ts";
import { watchEvents, type History, type SeenEvent } from "../support/history.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted, rejected, stagedFacts, stagedPlan } from "../support/staged-plan.ts";

const URL_A = "https://media.example/a.mp4";
const FAILED: Outcome = { complete: false, at: "2026-01-01T00:01:00.000Z", reasons: [{ class: "encode_failed", message: "staged" }] };
const COMPLETE: Outcome = { complete: true, at: "2026-01-01T00:01:00.000Z" };
const UNREACHABLE: Verdict = { accepted: false, at: "2026-01-01T00:00:00.000Z", reasons: [{ class: "source_unreachable", message: "The origin does not answer." }] };

const papers = passports("the secret of this mesh, for a test", "test");

describe("videos", () => {
  let store: ReturnType<typeof memoryStore>;
  let broker: ServiceBroker;
  let events: History<SeenEvent>;

  beforeEach(async () => {
    store = memoryStore();
    broker = quietBroker({ middlewares: [accessGuard(papers)] });
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService({ name: "source", actions: { upload: (ctx: Context<{ uploadId: string }>) => ({ uploadId: ctx.params.uploadId, size: 3, sha256: "same", createdAt: "" }) } });
    broker.createService(videosService({ redisUrl: (await sharedRedis()).url, namespace: freshNamespace() }));
    events = watchEvents(broker, "video.*");
    await broker.start();
  });
  afterEach(() => broker.stop());

  const submit = (params: Partial<SubmitParams> = {}): Promise<VideoView> => broker.call("videos.submit", { source: sourceAt(URL_A), ...params });
  const settle = (id: string, verdict: Verdict): Promise<void> => broker.call("videos.settle", { id, verdict });
  const finish = (id: string, outcome: Outcome): Promise<void> => broker.call("videos.finish", { id, outcome });
  const get = (id: string): Promise<VideoView> => broker.call("videos.get", { id });
  const stateOf = (id: string): Promise<VideoState> => broker.call("videos.state", { id });
  const reopen = (id: string): Promise<void> => broker.call("videos.reopen", { id });
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "a refusal"));
  const claims = (): string[] => [...store.objects].filter(([key]) => key.startsWith("claims/")).map(([, bytes]) => (JSON.parse(bytes.toString()) as { id: string }).id);
  /** A mark is named after the video and the moment it was set. */
  const isMarked = (id: string): boolean => [...store.objects.keys()].some((key) => key.startsWith(`open/${id}`));
  const count = (name: string): number => events.all.filter((event) => event.name === name).length;

  async function plannedVideo(): Promise<string> {
    const { id } = await submit();
    await settle(id, accepted(stagedFacts(20)));
    await broker.call("videos.planned", { id, plan: stagedPlan(20) });
    return id;
  }

  describe("that are opened once more", () => {
    it("have no end any more, stand for their source again, and are looked at by a reconciler", async () => {
      const id = await plannedVideo();
      await finish(id, FAILED);
      expect([claims(), isMarked(id)]).to.deep.equal([[], false]);
      await reopen(id);
      expect(await get(id)).to.include({ status: "ready" }).and.not.have.property("reasons");
      expect([claims(), isMarked(id), store.objects.has(`videos/${id}/outcome.json`)]).to.deep.equal([[id], true, false]);
      expect(await submit()).to.include({ id, existing: true });
      expect([count("video.reopened"), count("video.submitted")]).to.deep.equal([1, 1]);
      await finish(id, COMPLETE);
      expect((await get(id)).status).to.equal("complete");
    });

    it("are looked at anew when their source could not be had", async () => {
      const { id } = await submit();
      await settle(id, UNREACHABLE);
      await reopen(id);
      expect(await stateOf(id)).to.not.have.any.keys("verdict", "outcome");
      expect((await get(id)).progress?.stage).to.equal("validating");
      expect(count("video.submitted")).to.equal(2); // a validator hears of it
      await settle(id, accepted(stagedFacts(20)));
      expect((await get(id)).progress?.stage).to.equal("planning");
    });

    it("are those that failed or could not be had, and no others", async () => {
      const id = await plannedVideo();
      expect(await codeOf(reopen(id))).to.equal("conflict");
      await finish(id, COMPLETE);
      expect(await codeOf(reopen(id))).to.equal("conflict");
      expect(await stateOf(id)).to.deep.include({ outcome: COMPLETE });
      const page = await submit({ policy: "lazy" });
      await settle(page.id, rejected);
      expect(await codeOf(reopen(page.id))).to.equal("conflict");
      const upload = await submit({ source: { kind: "upload", uploadId: "u1" } });
      await settle(upload.id, UNREACHABLE); // its bytes are gone
      expect(await codeOf(reopen(upload.id))).to.equal("conflict");
      await broker.call("videos.remove", { id });
      expect(await codeOf(reopen(id))).to.equal("video_deleted");
      expect(await codeOf(reopen("01arz3ndektsv4rrffq69g5fav"))).to.equal("video_not_found");
      expect(count("video.reopened")).to.equal(0);
    });

    it("leave the source to who posted it meanwhile", async () => {
      const id = await plannedVideo();
      await finish(id, FAILED);
      const later = await submit();
      await reopen(id);
      expect(claims()).to.deep.equal([later.id]);
      expect((await get(id)).status).to.equal("ready");
    });

    it("are whole at any moment: who dies on the way leaves one that has failed, with a mark, and may be tried again", async () => {
      const id = await plannedVideo();
      await finish(id, FAILED);
      for (const step of ["open/", "claims/", `videos/${id}/outcome.json`]) {
        const { put, remove } = store;
        const die = (key: string): void => { if (key.startsWith(step)) throw fail("storage_unavailable", "staged"); };
        store.put = async (key, ...rest) => { die(key); return await put(key, ...rest); };
        store.remove = async (key) => { die(key); await remove(key); };
        expect(await codeOf(reopen(id)), step).to.equal("storage_unavailable");
        Object.assign(store, { put, remove });
        expect((await get(id)).status, step).to.equal("failed");
        expect(isMarked(id), step).to.equal(step !== "open/");
      }
      await broker.call("videos.tidy", { id }); // a reconciler finds the mark, and removes it when nobody can come late
      expect(claims()).to.deep.equal([]);
      await reopen(id);
      expect((await get(id)).status).to.equal("ready");
    });

    it("keep what happened before, and when", async () => {
      const id = await plannedVideo();
      await finish(id, FAILED);
      await reopen(id);
      const read = async (): Promise<string[]> => (await broker.call<{ events: VideoEvent[] }, object>("videos.events", { id })).events.map(({ type }) => type);
      await eventually(async () => (await read()).length === 5);
      expect(await read()).to.have.members(["submitted", "validated", "planned", "failed", "reopened"]);
      await broker.call("videos.noteMoments", { id, moments: { asked: 1_000, watched: 2_000 } });
      await broker.call("videos.noteMoments", { id, moments: { watched: 9_000, stored: 3_000 } }); // a later viewer, on another node
      const history = await broker.call<VideoHistory, object>("videos.history", { id });
      expect(history).to.include({ id, status: "ready", judgedAt: "2026-01-01T00:00:00.000Z" }).and.not.have.any.keys("endedAt", "reasons");
      expect(history.moments).to.include({ asked: 1_000, watched: 2_000, stored: 3_000 }).and.to.include.keys("submitted", "validated", "planned", "failed", "reopened");
    });
  });

  describe("of tenants", () => {
    it("are each tenant's own, also of one source and with one Idempotency-Key", async () => {
      const keyed = { source: sourceAt("https://media.example/b.mp4"), idempotencyKey: "k" };
      const posts = [await submit(), await submit({ tenant: "a" }), await submit({ tenant: "b" }), await submit({ ...keyed, tenant: "a" }), await submit({ ...keyed, tenant: "b" })];
      expect(new Set(posts.map(({ id }) => id)).size).to.equal(5);
      expect(posts.map(({ tenant }) => tenant)).to.deep.equal([undefined, "a", "b", "a", "b"]);
      expect(await submit({ tenant: "a" })).to.include({ id: posts[1]?.id, existing: true });
      expect(await submit({ tenant: "default" })).to.include({ id: posts[0]?.id, existing: true });
    });

    it("are listed, made and deleted by those who may reach them", async () => {
      const as = (tenant: string): CallingOptions => ({ meta: { passport: papers.issue({ subject: "key:1", roles: ["submitter"], tenant }) } });
      const [plain, a, b] = [await submit(), await submit({ tenant: "a" }), await submit({ tenant: "b" })];
      const list = async (options?: CallingOptions): Promise<string[]> => (await broker.call<ListVideosResult, object>("videos.list", {}, options)).videos.map((video) => video.id).toSorted();
      expect(await list()).to.deep.equal([plain.id, a.id, b.id].toSorted());
      expect([await list(as("a")), await list(as("default")), await list(as("c"))]).to.deep.equal([[a.id], [plain.id], []]);
      for (const { id } of [plain, b]) expect(await codeOf(broker.call("videos.remove", { id }, as("a")))).to.equal("video_not_found");
      for (const tenant of ["b", undefined]) expect(await codeOf(broker.call("videos.submit", { source: sourceAt(URL_A), ...(tenant === undefined ? {} : { tenant }) }, as("a")))).to.equal("forbidden");
      await broker.call("videos.remove", { id: a.id }, as("a"));
      expect([await list(as("a")), await list()]).to.deep.equal([[], [plain.id, b.id].toSorted()]);
    });

    it("keep an upload that another tenant's video is of", async () => {
      const source = { kind: "upload", uploadId: "u1" } as const;
      const has = (): boolean => store.objects.has("uploads/u1/source");
      await store.put("uploads/u1/source", Buffer.from("x"));
      const ids = await Promise.all([{ source }, { source, tenant: "a" }, { source, tenant: "b" }].map(async (params) => (await submit(params)).id));
      for (const id of ids) {
        expect(has()).to.equal(true);
        await broker.call("videos.remove", { id });
      }
      expect([...store.objects.keys()].filter((key) => key.startsWith("uploads/"))).to.deep.equal([]);
    });
  });
});
