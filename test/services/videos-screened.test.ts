/** What a screening and a person's word mean for a video: who may have its plan, how it is shown, when its mark may go. */
import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { findErrorCode } from "../../config/errors.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { Review, Screening, SubmitParams, VideoState, VideoView, WatchAnswer } from "../../services/videos/videos.contract.ts";
import { videosService } from "../../services/videos/videos.service.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { watchEvents, type History, type SeenEvent } from "../support/history.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted, stagedFacts, stagedPlan } from "../support/staged-plan.ts";

const AT = "2026-01-01T00:00:00.000Z";
const screening = (verdict: Screening["verdict"]): Screening => ({ verdict, at: AT, findings: verdict === "pass" ? [] : [{ code: "flashes", message: "It flashes.", verdict }], hashes: [], cost: { seconds: 1, frames: 2, bytes: 3 } });
const review = (verdict: Review["verdict"]): Review => ({ verdict, at: AT, by: "key:a" });

describe("videos that are screened", () => {
  let folder: Folder;
  let store: ReturnType<typeof memoryStore>;
  let broker: ServiceBroker;
  let events: History<SeenEvent>;

  beforeEach(async () => {
    folder = await openFolder();
    await writeFile(folder.path("policy.yaml"), "tenants:\n  careful: { mode: screen-first }\n  none: { mode: off }\n");
    store = memoryStore();
    broker = quietBroker();
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService(videosService({ redisUrl: (await sharedRedis()).url, namespace: freshNamespace(), screening: { policy: folder.path("policy.yaml") } }));
    events = watchEvents(broker, "video.*");
    await broker.start();
  });
  afterEach(async () => {
    await broker.stop();
    await folder.remove();
  });

  let serial = 0;
  async function planned(tenant = "default"): Promise<string> {
    const { id } = await broker.call<VideoView, SubmitParams>("videos.submit", { source: sourceAt(`https://media.example/${serial++}.mp4`), tenant });
    await broker.call("videos.settle", { id, verdict: accepted(stagedFacts(4)) });
    await broker.call("videos.planned", { id, plan: stagedPlan(4) });
    return id;
  }
  const plan = (id: string): Promise<unknown> => broker.call("videos.plan", { id });
  const visibilityOf = async (id: string): Promise<string> => (await broker.call<WatchAnswer, object>("videos.plan", { id, watch: true })).access.visibility;
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "a refusal"));
  const screened = (id: string, verdict: Screening["verdict"]): Promise<void> => broker.call("videos.screened", { id, screening: screening(verdict) });
  const reviewed = (id: string, verdict: Review["verdict"]): Promise<void> => broker.call("videos.reviewed", { id, review: review(verdict) });
  const view = async (id: string): Promise<VideoView["screening"]> => (await broker.call<VideoView, object>("videos.get", { id })).screening;

  it("play while nothing is known, and are taken back when they are blocked", async () => {
    const id = await planned();
    expect(await plan(id)).to.deep.equal(stagedPlan(4));
    expect(await view(id)).to.deep.equal({ verdict: "pending", public: true, findings: [] });
    await screened(id, "block");
    expect(await codeOf(plan(id))).to.equal("blocked");
    expect(await view(id)).to.deep.equal({ verdict: "block", public: false, at: AT, findings: [{ code: "flashes", message: "It flashes.", verdict: "block" }] });
    await events.until(({ name, payload }) => name === "video.screened" && payload["videoId"] === id);
  });

  it("are their tenant's alone until they have passed, where that is wanted", async () => {
    const id = await planned("careful");
    expect(await visibilityOf(id)).to.equal("private");
    await screened(id, "review");
    expect(await visibilityOf(id)).to.equal("private");
    expect(await view(id)).to.include({ verdict: "review", public: false });
    await reviewed(id, "pass");
    expect(await visibilityOf(id)).to.equal("public");
    const passing = await planned("careful");
    await screened(passing, "pass");
    expect(await visibilityOf(passing)).to.equal("public");
  });

  it("follow a person rather than the machine, both ways, and the first of them", async () => {
    const [wronged, hidden] = [await planned(), await planned()];
    await screened(wronged, "block");
    await reviewed(wronged, "pass");
    expect(await plan(wronged)).to.deep.equal(stagedPlan(4));
    await screened(hidden, "pass");
    await reviewed(hidden, "block");
    expect(await codeOf(plan(hidden))).to.equal("blocked");
    expect(await codeOf(reviewed(hidden, "pass"))).to.equal("conflict");
    expect(await codeOf(plan(hidden))).to.equal("blocked");
  });

  it("keep their first screening, and never get one when they are deleted", async () => {
    const id = await planned();
    await screened(id, "pass");
    await screened(id, "block");
    expect(await view(id)).to.include({ verdict: "pass" });
    const gone = await planned();
    await broker.call("videos.remove", { id: gone });
    await screened(gone, "block");
    expect([...store.objects.keys()].filter((key) => key.startsWith(`videos/${gone}/`))).to.deep.equal([]);
    expect(await codeOf(reviewed(gone, "block"))).to.equal("video_deleted");
  });

  it("keep the mark by which a reconciler finds them until they are both complete and screened", async () => {
    const [first, second] = [await planned(), await planned()];
    const finish = (id: string) => broker.call("videos.finish", { id, outcome: { complete: true, at: AT } });
    const isMarked = (id: string): boolean => store.objects.has(`open/${id}`);
    await finish(first);
    expect(isMarked(first)).to.equal(true);
    await screened(first, "pass");
    expect(isMarked(first)).to.equal(false);
    await screened(second, "pass");
    expect(isMarked(second)).to.equal(true);
    await finish(second);
    expect(isMarked(second)).to.equal(false);
  });

  it("are none where the tenant's policy is off", async () => {
    const id = await planned("none");
    expect((await broker.call<VideoState, object>("videos.state", { id })).record).to.not.have.property("screening");
    expect(await view(id)).to.equal(undefined);
    await broker.call("videos.finish", { id, outcome: { complete: true, at: AT } });
    expect(store.objects.has(`open/${id}`)).to.equal(false);
  });
});
