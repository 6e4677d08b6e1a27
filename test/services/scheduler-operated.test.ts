/** What a scheduler tells operators, and what it does for them, on a real Redis. */
import { expect } from "chai";
import { Redis } from "ioredis";
import type { Context, ServiceBroker } from "moleculer";
import { fail, findErrorCode } from "../../config/errors.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import type { NewJob } from "../../mixins/work-queue/work-queue.contract.ts";
import { openWorkQueue, type WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import type { QueueReport, StoryAnswer } from "../../services/scheduler/scheduler.contract.ts";
import { schedulerService } from "../../services/scheduler/scheduler.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { ChunkParams } from "../../services/transcoder/transcoder.contract.ts";
import type { NoteMomentsParams, Outcome, VideoState } from "../../services/videos/videos.contract.ts";
import { openHistory, type History } from "../support/history.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { makeRecord } from "../support/sample-record.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted, stagedFacts, stagedPlan } from "../support/staged-plan.ts";

const RECORD = makeRecord();
const ID = RECORD.id;
const FAILED: Outcome = { complete: false, at: "2026-01-01T00:01:00.000Z", reasons: [] };

describe("a scheduler, for operators", () => {
  let broker: ServiceBroker;
  let redis: Redis;
  let queue: WorkQueue<ChunkParams>;
  let video: VideoState;
  let noted: History<NoteMomentsParams>;
  let reopen: () => void;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());
  beforeEach(async () => {
    const namespace = freshNamespace();
    queue = openWorkQueue({ redis, prefix: redisKeys(namespace).queuePrefix });
    video = { record: RECORD, verdict: accepted(stagedFacts(20)), plan: stagedPlan(20), outcome: FAILED, deleted: false };
    noted = openHistory();
    reopen = () => {
      const { outcome: _, ...open } = video;
      video = open;
    };
    broker = quietBroker();
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => memoryStore()));
    broker.createService({ name: "videos", actions: {
      state: () => video, get: () => ({ id: ID, status: "ready" }), reopen: () => reopen(), finish: () => undefined,
      noteMoments: (ctx: Context<NoteMomentsParams>) => noted.add(ctx.params),
    } });
    broker.createService(schedulerService({ redisUrl: (await sharedRedis()).url, namespace, encoders: { kind: "software", codecs: ["h264"] }, tenants: { maxWaiting: 1_000, weights: {} } }));
    await broker.start();
  });
  afterEach(() => broker.stop());

  const job = (id: string, changes: Partial<NewJob<ChunkParams>> = {}): NewJob<ChunkParams> => ({ id, lane: "normal", tenant: "a", group: ID, priority: 5, cost: 2, data: { videoId: ID, renditions: ["360p"], first: 0, last: 4, lane: "normal" }, ...changes });
  async function setAside(id: string): Promise<void> {
    await queue.add([job(id)]);
    const lease = await queue.take("n", "background");
    if (lease === undefined) throw new Error("nothing waits");
    await redis.hset(`${queue.wakeChannel.replace(/:wake$/, "")}:job:${id}`, "attempts", 4); // its last
    await queue.fail(lease, "fault", "Invalid data", "encode_failed");
  }

  it("reports lanes with what waits longest, tenants by what waits, and the pace", async () => {
    expect(await broker.call("scheduler.report")).to.deep.equal({ lanes: { play: NOTHING, normal: NOTHING, bulk: NOTHING }, tenants: [], totals: {} });
    await queue.add([job("a"), job("b", { tenant: "b", cost: 9 }), job("c", { lane: "bulk" })]);
    await queue.pause("bulk");
    const lease = await queue.take("n", "background");
    await queue.complete(lease ?? { id: "", token: "" });
    const report = await broker.call<QueueReport>("scheduler.report");
    expect(report.lanes.bulk).to.include({ waiting: 1, paused: true }).and.to.have.property("oldestMs").that.is.within(0, 60_000);
    expect(report.lanes.normal).to.include({ waiting: 1, active: 0, paused: false });
    expect(report.tenants).to.deep.equal([{ tenant: "b", waiting: 1, cost: 9, running: 0 }, { tenant: "a", waiting: 1, cost: 2, running: 0 }]);
    expect(report.totals).to.include({ added: 3, completed: 1 });
    expect(report.paceMs).to.be.a("number");
  });

  it("tells what became of a video's work", async () => {
    expect(await broker.call("scheduler.story", { id: ID })).to.equal(null);
    await queue.add([job("a")]);
    expect(await broker.call<StoryAnswer, object>("scheduler.story", { id: ID })).to.deep.include({ lane: "normal", ahead: 0, now: { active: 0, waiting: 1, delayed: 0 } });
  });

  it("notes once when the first segment of a video was stored", async () => {
    for (const segment of [7, 8]) await broker.emit("segment.stored", { videoId: ID, rendition: "360p", segment, bytes: 1 });
    const { id, moments } = await noted.until(() => true);
    expect([id, typeof moments.stored]).to.deep.equal([ID, "number"]);
    expect(noted.all).to.have.lengthOf(1);
  });

  it("tries a video again: what was set aside waits before the video is open, or its next feeding would end it", async () => {
    await setAside("a");
    const open = reopen;
    const seen = openHistory<string | undefined>();
    reopen = () => {
      void queue.find("a").then((found) => seen.add(found?.state));
      open();
    };
    await broker.call("scheduler.retry", { id: ID });
    expect(await seen.until(() => true)).to.equal("waiting");
    expect(video).to.not.have.property("outcome");
    expect((await queue.jobsOf(ID)).length).to.be.greaterThan(1); // the rest of it as well
  });

  it("leaves what was set aside when the video may not be tried again", async () => {
    await setAside("a");
    video = { ...video, outcome: { complete: true, at: "" } };
    reopen = () => { throw fail("conflict", "staged"); };
    expect(findErrorCode(await rejection(broker.call("scheduler.retry", { id: ID }), "a complete video"))).to.equal("conflict");
    expect((await queue.find("a"))?.state).to.equal("dead");
  });
});

const NOTHING = { waiting: 0, active: 0, failed: 0, paused: false };
