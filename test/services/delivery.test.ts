import { expect } from "chai";
import { Errors, type Context, type ServiceBroker } from "moleculer";
import { fail, findErrorCode } from "../../config/errors.ts";
import { formatMasterPlaylist, formatMediaPlaylist } from "../../media/hls/playlists.ts";
import type { Plan } from "../../media/plan.ts";
import type { SegmentParams, SegmentResult } from "../../services/cache/cache.contract.ts";
import { deliveryService } from "../../services/delivery/delivery.service.ts";
import type { NoteMomentsParams } from "../../services/videos/videos.contract.ts";
import { planWaiter } from "../../services/delivery/plan-waiter.ts";
import { openHistory, watchEvents, type History, type SeenEvent } from "../support/history.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { stagedPlan } from "../support/staged-plan.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";
const PLAN = stagedPlan(20);
const COUNT = PLAN.boundaries.length - 1;
const REASONS = [{ class: "not_media", message: "The source is a web page." }];

describe("delivery", () => {
  let broker: ServiceBroker;
  /** Looks for a plan so far; a test decides what is found. */
  let looks: History<string>;
  let findPlan: () => Plan | null;
  let asked: SegmentParams[];
  let noted: History<NoteMomentsParams>;
  let events: History<SeenEvent>;

  const start = async (waitMs?: number): Promise<void> => {
    looks = openHistory();
    findPlan = () => PLAN;
    asked = [];
    noted = openHistory();
    broker = quietBroker();
    broker.createService({
      name: "videos",
      actions: {
        plan(ctx: Context<{ id: string }>): Plan | null {
          looks.add(ctx.params.id);
          return findPlan();
        },
        noteMoments: (ctx: Context<NoteMomentsParams>) => noted.add(ctx.params),
      },
    });
    broker.createService({
      name: "cache",
      actions: {
        open(ctx: Context<SegmentParams>): SegmentResult {
          asked.push(ctx.params);
          return { bytes: Buffer.from("bytes"), tier: "memory" };
        },
      },
    });
    events = watchEvents(broker, "segment.watched");
    broker.createService(deliveryService(() => planWaiter(waitMs)));
    await broker.start();
  };
  beforeEach(() => start());
  afterEach(() => broker.stop());

  const master = (): Promise<string> => broker.call("delivery.master", { id: ID });
  const media = (rendition: string): Promise<string> => broker.call("delivery.media", { id: ID, rendition });
  const segment = (rendition: string, name: number | "init"): Promise<SegmentResult> => broker.call("delivery.segment", { id: ID, rendition, segment: name });
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "a refusal"));

  it("gives complete playlists as soon as there is a plan, and looks for it once", async () => {
    expect(await master()).to.equal(formatMasterPlaylist(PLAN));
    for (const name of ["source", "360p", "audio"]) expect(await media(name)).to.equal(formatMediaPlaylist(PLAN, name));
    expect(looks.all).to.deep.equal([ID]);
  });

  it("waits for a plan, and answers when something changes", async () => {
    findPlan = () => null;
    const answers = [master(), media("360p"), segment("360p", 0)];
    await looks.until(() => looks.all.length >= 3);
    findPlan = () => PLAN;
    await broker.broadcast("video.changed", { videoId: ID });
    const [first, second] = await Promise.all(answers);
    expect([first, second]).to.deep.equal([formatMasterPlaylist(PLAN), formatMediaPlaylist(PLAN, "360p")]);
    expect(looks.all.length).to.be.at.most(6);
  });

  it("sees the plan although its event was lost", async () => {
    findPlan = () => null;
    const answer = master();
    await looks.until(() => true);
    findPlan = () => PLAN;
    expect(await answer).to.equal(formatMasterPlaylist(PLAN));
  });

  it("says plan_pending when it has waited long enough", async () => {
    await broker.stop();
    await start(50);
    findPlan = () => null;
    expect(await rejection(master(), "no plan")).to.deep.include({ type: "plan_pending", code: 503, data: { retryAfterSec: 1 } });
    findPlan = () => PLAN;
    expect(await master()).to.equal(formatMasterPlaylist(PLAN));
  });

  it("answers what keeps the video from playing, with its reasons", async () => {
    for (const [code, data] of [["video_rejected", { reasons: REASONS }], ["video_failed", { reasons: REASONS }], ["video_deleted", undefined], ["video_not_found", undefined]] as const) {
      findPlan = () => { throw fail(code, "staged", data); };
      for (const work of [master(), media("360p"), segment("360p", 0)]) {
        const error = await rejection(work, code);
        expect(error).to.include({ type: code });
        if (data !== undefined) expect(error).to.deep.include({ data });
      }
    }
  });

  it("wakes who waits when the video is rejected meanwhile", async () => {
    findPlan = () => null;
    const answer = codeOf(master());
    await looks.until(() => true);
    findPlan = () => { throw fail("video_rejected", "The video was rejected.", { reasons: REASONS }); };
    await broker.broadcast("video.changed", { videoId: ID });
    expect(await answer).to.equal("video_rejected");
  });

  it("gives segments of the plan, and knows of no others", async () => {
    expect(Buffer.from((await segment("360p", COUNT - 1)).bytes).toString()).to.equal("bytes");
    await segment("audio", "init");
    expect(asked).to.deep.equal([{ videoId: ID, rendition: "360p", segment: COUNT - 1 }, { videoId: ID, rendition: "audio", segment: "init" }]);
    for (const work of [segment("360p", COUNT), segment("4320p", 0), segment("4320p", "init"), media("4320p"), media("__proto__")]) expect(await codeOf(work)).to.equal("segment_not_found");
    for (const name of [-1, 1.5, "2" as never]) expect(await rejection(segment("360p", name), String(name))).to.include({ type: "VALIDATION_ERROR" });
    expect(asked).to.have.lengthOf(2);
  });

  it("tells what is watched of an encode, so that the next segments are made, and of what many watch at once just once", async () => {
    await segment("source", 0);
    await segment("360p", "init");
    await Promise.all(Array.from({ length: 20 }, () => segment("360p", 1)));
    await segment("360p", 2);
    await events.until(({ payload }) => payload["segment"] === 2);
    expect(events.all.map(({ payload }) => payload)).to.deep.equal([1, 2].map((n) => ({ videoId: ID, rendition: "360p", segment: n })));
  });

  it("notes once when a viewer wanted the first segment, and when it was there", async () => {
    await segment("360p", "init");
    for (const n of [4, 5]) await segment("source", n);
    const { id, moments: { asked: wanted = Infinity, watched = 0 } } = await noted.until(() => true);
    expect(id).to.equal(ID);
    expect(wanted).to.be.at.most(watched);
    await broker.call("videos.plan", { id: ID }); // a whole call later
    expect(noted.all).to.have.lengthOf(1);
  });

  it("has a client ask again for a clip whose maker is gone", async () => {
    broker.createService({ name: "transcoder", actions: { clip: () => { throw new Errors.RequestRejectedError({ action: "transcoder.clip", nodeID: "gone" }); } } });
    await broker.waitForServices("transcoder");
    expect(await codeOf(broker.call("delivery.clip", { id: ID, start: "0", end: "2" }))).to.equal("clip_pending");
  });

  it("forgets the plan of a video that is deleted", async () => {
    await master();
    findPlan = () => { throw fail("video_deleted", "The video was deleted."); };
    await broker.broadcast("video.deleted", { videoId: ID });
    expect(await codeOf(master())).to.equal("video_deleted");
  });
});
