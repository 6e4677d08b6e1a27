/** The scheduler tells videos whose sources have the same bytes. */
import { expect } from "chai";
import { Redis } from "ioredis";
import type { Context, ServiceBroker } from "moleculer";
import { fail } from "../../config/errors.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import type { Plan } from "../../media/plan.ts";
import { STORYBOARD } from "../../media/storyboard.ts";
import { schedulerService } from "../../services/scheduler/scheduler.service.ts";
import { BLOCK_BYTES } from "../../services/source/source.contract.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { openWorkQueue } from "../../mixins/work-queue/work-queue.ts";
import type { ChunkParams, Lane } from "../../services/transcoder/transcoder.contract.ts";
import type { ComparedParams, Twin, VideoRecord, VideoState } from "../../services/videos/videos.contract.ts";
import { addBufferSource, sourceAt, type BufferSource } from "../support/buffer-source.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { stagedFacts, stagedPlan } from "../support/staged-plan.ts";

const [A, B, C] = ["a", "b", "c"].map((letter) => `01arz3ndektsv4rrffq69g5fa${letter}`) as [string, string, string];
const SECONDS = 60;
const BLOCKS = 60;
const BYTES = Buffer.alloc(BLOCKS * BLOCK_BYTES - 100, "lecture");
const PLAN: Plan = { ...stagedPlan(SECONDS), facts: { ...stagedFacts(SECONDS), size: BYTES.length } };
const COUNT = PLAN.boundaries.length - 1;

/** The bytes, with one of block `n` changed. */
function changed(n: number): Buffer {
  const bytes = Buffer.from(BYTES);
  bytes.writeUInt8(0, n * BLOCK_BYTES + 77);
  return bytes;
}

describe("scheduler and videos of the same bytes", () => {
  let broker: ServiceBroker;
  let store: ReturnType<typeof memoryStore>;
  let source: BufferSource;
  let states: Map<string, VideoState>;
  let keys: RedisKeys;
  let namespace: string;
  let redis: Redis;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());

  beforeEach(async () => {
    namespace = freshNamespace();
    keys = redisKeys(namespace);
    store = memoryStore();
    states = new Map();
    broker = quietBroker();
    source = addBufferSource(broker);
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService({
      name: "videos",
      actions: {
        state: (ctx: Context<{ id: string }>) => states.get(ctx.params.id) ?? null,
        compared: ({ params: { id, twin } }: Context<ComparedParams>) => void change(id, { twin }),
        finish: () => undefined,
      },
    });
    // Always the last places that there are: blocks 35 to 58, beside the first and the last.
    broker.createService(schedulerService({ redisUrl: (await sharedRedis()).url, namespace, encoders: { kind: "software", codecs: ["h264"] }, tenants: { maxWaiting: 1_000, weights: {} } }, (below) => below - 1));
    await broker.start();
  });
  afterEach(() => broker.stop());

  function change(id: string, changes: Partial<VideoState>): void {
    const state = states.get(id);
    if (state !== undefined) states.set(id, { ...state, ...changes });
  }
  /** A video that has just been planned, of a source that has these bytes; without them it cannot be read. */
  async function plan(id: string, bytes: Buffer | undefined, { plan = PLAN, version = "v1", ...changes }: Partial<VideoRecord> & { plan?: Plan; version?: string } = {}): Promise<Twin | undefined> {
    const record: VideoRecord = { id, createdAt: new Date().toISOString(), source: sourceAt(id), policy: "eager", priority: "normal", labels: {}, identity: id, claim: "c", request: "r", ...changes };
    if (bytes !== undefined) source.files.set(id, bytes);
    states.set(id, { record, verdict: { accepted: true, at: "", facts: plan.facts, sourceVersion: version }, plan, deleted: false });
    await broker.emit("video.planned", { videoId: id });
    return states.get(id)?.twin;
  }
  const claimed = (): unknown[] => [...store.objects].filter(([key]) => key.startsWith("twins/")).map(([, bytes]) => (JSON.parse(bytes.toString()) as { id: string }).id);
  async function queued(id: string, lane: Lane = "normal"): Promise<ChunkParams[]> {
    const jobs = await openWorkQueue<ChunkParams>({ redis, prefix: keys.queuePrefix }).jobsOf(id);
    return jobs.filter((job) => job.lane === lane && job.state === "waiting").toSorted((x, y) => x.data.first - y.data.first).map((job) => job.data);
  }
  const lengthOf = (chunks: readonly ChunkParams[], rendition: string): number => chunks.filter(({ renditions }) => renditions.includes(rendition)).reduce((sum, { first, last }) => sum + last - first + 1, 0);

  it("compares the second with the first, by 26 blocks of either", async () => {
    expect(await plan(A, BYTES)).to.have.all.keys("key");
    expect(source.reads).to.equal(0);
    const read = new Set<number>();
    source.gate = async (start, end) => {
      expect(end - start).to.be.at.most(BLOCK_BYTES);
      read.add(start / BLOCK_BYTES);
    };
    expect(await plan(B, Buffer.from(BYTES))).to.include({ of: A, key: states.get(A)?.twin?.key });
    expect(source.reads).to.equal(2 * 26);
    expect([...read].toSorted((a, b) => a - b)).to.deep.equal([0, ...Array.from({ length: 24 }, (_, n) => 35 + n), 59]);
    expect(claimed()).to.deep.equal([A]);
  });

  for (const [where, n] of [["the first block", 0], ["the last", BLOCKS - 1], ["one that chance chose", 40]] as const) {
    it(`finds no twin where ${where} differs`, async () => {
      await plan(A, BYTES);
      expect(await plan(B, changed(n))).to.have.all.keys("key");
      expect(claimed()).to.deep.equal([A]);
    });
  }

  it("does not see what differs elsewhere", async () => {
    await plan(A, BYTES);
    expect(await plan(B, changed(20))).to.include({ of: A });
  });

  it("reads no further than to the first difference", async () => {
    await plan(A, BYTES);
    await plan(B, changed(0));
    expect(source.reads).to.be.at.most(8);
  });

  it("reads nothing of one source that is asked for under two policies, unless it has changed", async () => {
    await plan(A, BYTES, { identity: "same" });
    expect(await plan(B, changed(0), { identity: "same" })).to.include({ of: A });
    expect(source.reads).to.equal(0);
    expect(await plan(C, changed(0), { identity: "same", version: "v2" })).to.have.all.keys("key");
    expect(source.reads).to.be.above(0);
  });

  it("compares nothing where the plans differ", async () => {
    await plan(A, BYTES);
    expect(await plan(B, BYTES, { plan: { ...PLAN, facts: { ...PLAN.facts, originTicks: 1 } } })).to.have.all.keys("key");
    expect(source.reads).to.equal(0);
    expect(claimed()).to.have.members([A, B]);
  });

  it("compares nothing across tenants, whatever their videos are", async () => {
    await plan(A, BYTES, { identity: "same" });
    expect(await plan(B, BYTES, { identity: "same", tenant: "another" })).to.have.all.keys("key");
    expect(source.reads).to.equal(0);
    expect(claimed()).to.have.members([A, B]);
  });

  describe("gives the place of a first one that cannot be compared to the next", () => {
    const lost: Record<string, () => void> = {
      "its source is gone": () => { source.files.delete(A); },
      "its source has changed": () => {
        const get = source.files.get.bind(source.files);
        source.files.get = (url) => {
          if (url === A) throw fail("source_changed", "staged");
          return get(url);
        };
      },
      "it was deleted": () => change(A, { deleted: true }),
    };
    for (const [what, lose] of Object.entries(lost)) {
      it(what, async () => {
        await plan(A, BYTES);
        lose();
        expect(await plan(B, BYTES)).to.have.all.keys("key");
        expect(claimed()).to.deep.equal([B]);
        expect(await plan(C, BYTES)).to.include({ of: B });
      });
    }
  });

  it("says nothing when the second one's source cannot be read, and queues its work all the same", async () => {
    await plan(A, BYTES);
    expect(await plan(B, undefined)).to.equal(undefined);
    expect(claimed()).to.deep.equal([A]);
    expect(lengthOf(await queued(B), "360p")).to.equal(COUNT);
  });

  it("compares once, and after a lost event when the video is fed", async () => {
    await plan(A, BYTES);
    await plan(B, BYTES);
    await broker.call("scheduler.feed", { id: B });
    expect(source.reads).to.equal(2 * 26);
    await plan(C, undefined);
    source.files.set(C, BYTES);
    await broker.call("scheduler.feed", { id: C });
    expect(states.get(C)?.twin, "not again at once").to.equal(undefined);
    await redis.del(`${namespace}:nudge:compare:${C}`);
    await broker.call("scheduler.feed", { id: C });
    expect(states.get(C)?.twin).to.include({ of: A });
  });

  describe("leaves to the first one what that is still making", () => {
    beforeEach(async () => { await plan(A, BYTES); });
    const stored = async (id: string, count: number): Promise<void> => {
      for (const name of ["source", "audio", "360p"]) for (let n = 0; n < count; n++) await redis.setbit(keys.stored(id, name), n, 1);
    };

    it("and queues what that has", async () => {
      await stored(A, 7);
      await plan(B, BYTES);
      expect((await queued(B)).map(({ renditions, first, last }) => `${renditions.join()}/${first}-${last}`)).to.deep.equal(["360p/0-4"]);
      expect(await queued(B, "bulk")).to.deep.equal([]);
      await stored(A, COUNT);
      await broker.call("scheduler.feed", { id: B });
      for (const name of ["source", "audio", "360p"]) expect(lengthOf(await queued(B), name), name).to.equal(COUNT);
    });

    for (const [what, end] of [["has ended", () => change(A, { outcome: { complete: true, at: "" } })], ["is deleted", () => change(A, { deleted: true })]] as const) {
      it(`until that ${what}`, async () => {
        await plan(B, BYTES);
        expect(await queued(B)).to.deep.equal([]);
        end();
        await broker.call("scheduler.feed", { id: B });
        expect(lengthOf(await queued(B), "360p")).to.equal(COUNT);
        expect((await queued(B, "bulk")).map(({ renditions }) => renditions)).to.deep.include([STORYBOARD]);
      });
    }

    it("not for longer than half an hour", async () => {
      await plan(B, BYTES, { createdAt: new Date(Date.now() - 31 * 60_000).toISOString() });
      expect(lengthOf(await queued(B), "360p")).to.equal(COUNT);
    });

    it("not where that one's work comes later than its own", async () => {
      const plan2: Plan = { ...PLAN, facts: { ...PLAN.facts, originTicks: 1 } };
      await plan(B, BYTES, { plan: plan2, priority: "low" });
      await plan(C, BYTES, { plan: plan2 });
      expect(states.get(C)?.twin).to.include({ of: B });
      expect(lengthOf(await queued(C), "360p")).to.equal(COUNT);
    });
  });
});
