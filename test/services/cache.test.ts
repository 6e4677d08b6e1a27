import { expect } from "chai";
import { Redis } from "ioredis";
import type { Context, ServiceBroker } from "moleculer";
import { fail, findErrorCode } from "../../config/errors.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { mediaName } from "../../media/media-names.ts";
import { replyGrowing } from "../../mixins/byte-reply.ts";
import { isCancelled } from "../../mixins/cancelled.ts";
import { GrowingBytes } from "../../mixins/growing-bytes.ts";
import { readSegment, wholeSegment, type SegmentAnswer } from "../../mixins/segment-answer.ts";
import { unstoredBytes } from "../../mixins/unstored-bytes.ts";
import type { SegmentParams, SegmentResult } from "../../services/cache/cache.contract.ts";
import { cacheService } from "../../services/cache/cache.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { MakeParams, WaiterLeft } from "../../services/transcoder/transcoder.contract.ts";
import { eventually } from "../support/eventually.ts";
import { openHistory, type History } from "../support/history.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { startRedis } from "../support/redis.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedNats, sharedRedis } from "../support/servers.ts";
import { stagedPlan } from "../support/staged-plan.ts";
import { cacheNode, type Making } from "./cache-node.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";
const SEGMENT: SegmentParams = { videoId: ID, rendition: "360p", segment: 3 };
const KEY = `videos/${ID}/media/360p/3.m4s`;

const ask = (broker: ServiceBroker, params: SegmentParams = SEGMENT): Promise<SegmentResult> => broker.call("cache.segment", params);
const text = ({ bytes }: SegmentResult): string => Buffer.from(bytes).toString();

describe("cache", () => {
  let store: ReturnType<typeof memoryStore>;
  let making: Making;
  let settings: { redisUrl: string; namespace: string; memoryBytes?: number };
  let keys: RedisKeys;
  let redis: Redis;
  let brokers: ServiceBroker[];

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());
  beforeEach(async () => {
    settings = { redisUrl: (await sharedRedis()).url, namespace: freshNamespace() };
    keys = redisKeys(settings.namespace);
    store = memoryStore();
    making = { made: openHistory(), make: async ({ segment }) => Buffer.from(`made ${segment}`) };
    brokers = [];
  });
  afterEach(async () => { await Promise.all(brokers.map((broker) => broker.stop())); });

  async function start(changes: { memoryBytes?: number } = {}): Promise<ServiceBroker> {
    const broker = cacheNode(store, making, { ...settings, ...changes });
    brokers.push(broker);
    await broker.start();
    return broker;
  }

  it("looks in memory, Redis and the store in turn, and has made what is nowhere", async () => {
    const node = await start();
    expect(await ask(node)).to.deep.equal({ bytes: Buffer.from("made 3"), tier: "made" });
    expect((await ask(node)).tier).to.equal("memory");
    await store.put(KEY.replace("3.m4s", "4.m4s"), Buffer.from("stored 4"));
    const fourth = { ...SEGMENT, segment: 4 };
    expect(await ask(node, fourth)).to.deep.equal({ bytes: Buffer.from("stored 4"), tier: "store" });
    await redis.set(keys.warmSegment(ID, "360p", "5.m4s"), "warm 5");
    await store.put(KEY.replace("3.m4s", "5.m4s"), Buffer.from("stored 5"));
    expect(await ask(node, { ...SEGMENT, segment: 5 })).to.deep.equal({ bytes: Buffer.from("warm 5"), tier: "redis" });
    expect(await ask(node, { ...SEGMENT, segment: "init" })).to.deep.include({ tier: "made" });
    expect(making.made.all.map(({ segment }) => segment)).to.deep.equal([3, "init"]);
  });

  it("has a segment made once for a hundred who ask at the same time", async () => {
    const release = Promise.withResolvers<void>();
    making.make = async () => {
      await release.promise;
      return Buffer.from("made");
    };
    const node = await start();
    const asked = Array.from({ length: 100 }, () => ask(node));
    await making.made.until(() => true);
    release.resolve();
    expect(new Set((await Promise.all(asked)).map(text))).to.deep.equal(new Set(["made"]));
    expect(making.made.all).to.have.lengthOf(1);
  });

  for (const place of ["Redis", "the store"] as const) {
    it(`has it made once for two nodes, the other taking it from ${place}`, async () => {
      const release = Promise.withResolvers<void>();
      making.make = async () => {
        await release.promise;
        if (place === "Redis") await redis.set(keys.warmSegment(ID, "360p", "3.m4s"), "made");
        else await store.put(KEY, Buffer.from("made"));
        return Buffer.from("made");
      };
      const [near, far] = [await start(), await start()];
      const asked = [near, far].flatMap((node) => Array.from({ length: 20 }, () => ask(node)));
      await making.made.until(() => true);
      release.resolve();
      const results = await Promise.all(asked);
      expect(new Set(results.map(text))).to.deep.equal(new Set(["made"]));
      expect(making.made.all).to.have.lengthOf(1);
      expect(new Set(results.map(({ tier }) => tier))).to.deep.equal(new Set(["made", place === "Redis" ? "redis" : "store"]));
      expect(await redis.exists(keys.flight(ID, "360p", "3.m4s"))).to.equal(0);
    });
  }

  it("looks once more when the other node has just let go", async () => {
    const lock = keys.flight(ID, "360p", "3.m4s");
    await redis.set(lock, "the other node");
    const { get } = store;
    let looks = 0;
    store.get = async (key) => {
      const found = await get(key);
      if (++looks === 2) { // the other stores it and lets go right after this node has looked
        await store.put(KEY, Buffer.from("stored"));
        await redis.del(lock);
      }
      return found;
    };
    const result = await ask(await start());
    expect([text(result), result.tier]).to.deep.equal(["stored", "store"]);
    expect(making.made.all).to.deep.equal([]);
  });

  it("makes it after all when the node that was making it is gone", async () => {
    await redis.set(keys.flight(ID, "360p", "3.m4s"), "a dead node", "PX", 150);
    expect((await ask(await start())).tier).to.equal("made");
  });

  it("keeps no failure, and tells all who waited of it", async () => {
    const reached = Promise.withResolvers<void>();
    making.make = async () => {
      await reached.promise;
      throw fail("encode_failed", "staged");
    };
    const node = await start();
    const asked = Array.from({ length: 10 }, () => rejection(ask(node), "a failure"));
    await making.made.until(() => true);
    reached.resolve();
    for (const error of await Promise.all(asked)) expect(findErrorCode(error)).to.equal("encode_failed");
    making.make = async () => Buffer.from("made");
    expect((await ask(node)).tier).to.equal("made");
    expect(making.made.all).to.have.lengthOf(2);
  });

  it("keeps no more in memory than it may, the latest used first", async () => {
    making.make = async ({ segment }) => {
      const bytes = Buffer.alloc(400, String(segment));
      await store.put(`videos/${ID}/media/360p/${segment}.m4s`, bytes);
      return bytes;
    };
    const node = await start({ memoryBytes: 1_000 });
    const tierOf = async (segment: number): Promise<string> => (await ask(node, { ...SEGMENT, segment })).tier;
    for (const segment of [0, 1]) await tierOf(segment);
    expect(await tierOf(0)).to.equal("memory");
    await tierOf(2); // there is room for two: 1 goes
    expect([await tierOf(0), await tierOf(2), await tierOf(1)]).to.deep.equal(["memory", "memory", "store"]);
    making.make = async () => Buffer.alloc(2_000);
    await tierOf(7);
    expect(await tierOf(7)).to.equal("made"); // larger than all there is: answered and not kept
  });

  it("keeps less in memory while segments wait there for the store, a quarter at least", async () => {
    making.make = async ({ segment }) => Buffer.alloc(400, String(segment));
    const node = await start({ memoryBytes: 1_000 });
    const tierOf = async (segment: number): Promise<string> => (await ask(node, { ...SEGMENT, segment })).tier;
    for (const segment of [0, 1]) await tierOf(segment);
    unstoredBytes(node).set(400);
    expect([await tierOf(1), await tierOf(0)]).to.deep.equal(["memory", "made"]);
    unstoredBytes(node).set(5_000);
    making.make = async () => Buffer.alloc(250);
    await tierOf(2);
    expect(await tierOf(2)).to.equal("memory");
    unstoredBytes(node).set(0);
    for (const segment of [3, 4]) await tierOf(segment);
    expect([await tierOf(2), await tierOf(3), await tierOf(4)]).to.deep.equal(["memory", "memory", "memory"]);
  });

  it("has the opening made when a video is planned", async () => {
    const node = await start();
    await node.emit("video.planned", { videoId: ID });
    const files = making.made.all.map(({ rendition, segment }) => `${rendition}/${segment}`);
    expect(files).to.include.members(["audio/init", "audio/0"]).and.have.lengthOf(4);
    expect((await ask(node, { videoId: ID, rendition: "audio", segment: 0 })).tier).to.equal("memory");
  });

  it("forgets a video that is deleted", async () => {
    const node = await start();
    await ask(node);
    await node.broadcast("video.deleted", { videoId: ID });
    making.make = async () => { throw fail("video_deleted", "The video was deleted."); };
    expect(findErrorCode(await rejection(ask(node), "deleted"))).to.equal("video_deleted");
  });
});

describe("cache while Redis is away", () => {
  it("serves what is stored and has the rest made", async () => {
    const redis = await startRedis();
    const store = memoryStore();
    const making: Making = { made: openHistory(), make: async () => Buffer.from("made") };
    const node = cacheNode(store, making, { redisUrl: redis.url, namespace: freshNamespace() });
    await node.start();
    await redis.kill();
    expect((await ask(node)).tier).to.equal("made");
    await store.put(KEY.replace("3.m4s", "4.m4s"), Buffer.from("stored"));
    expect((await ask(node, { ...SEGMENT, segment: 4 })).tier).to.equal("store");
    await node.stop();
  });
});

describe("cache of several nodes", function () {
  this.timeout(20_000);
  let brokers: ServiceBroker[];
  let made: History<MakeParams & { growing: GrowingBytes }>;
  let left: History<string>;
  let namespace: string;

  /** Nodes that see each other, each with a transcoder whose segments a test lets grow. */
  beforeEach(async () => {
    const [nats, redis] = [await sharedNats(), await sharedRedis()];
    namespace = freshNamespace();
    made = openHistory();
    left = openHistory();
    const store = memoryStore();
    brokers = ["near", "far"].map((nodeID) => {
      const broker = quietBroker({ nodeID, namespace, transporter: { type: "NATS", options: { url: nats.url } }, serializer: "CBOR" });
      broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
      broker.createService({ name: "videos", actions: { plan: () => stagedPlan(20) } });
      broker.createService({
        name: "transcoder",
        actions: {
          async make(ctx: Context<MakeParams>) {
            const growing = new GrowingBytes();
            made.add({ ...ctx.params, growing });
            await growing.started();
            return replyGrowing(ctx, growing);
          },
        },
        events: { "waiter.left"(ctx: Context<WaiterLeft>) { if (nodeID === "near") left.add(ctx.params.waiter); } },
      });
      broker.createService(cacheService({ memoryBytes: 1_000_000, redisUrl: redis.url, namespace }));
      return broker;
    });
    await Promise.all(brokers.map((broker) => broker.start()));
    for (const broker of brokers) {
      await eventually(async () => (await broker.call<{ name: string; nodes: string[] }[]>("$node.services")).some(({ name, nodes }) => name === "cache" && nodes.length === 2));
    }
  });
  afterEach(async () => { await Promise.all(brokers.map((broker) => broker.stop())); });

  const at = (n: number): ServiceBroker => brokers[n] ?? quietBroker();
  const open = async (n: number, waiter?: string): Promise<SegmentAnswer> =>
    readSegment(await at(n).call("cache.open", { ...SEGMENT, ...(waiter === undefined ? {} : { waiter }) }), 5_000);

  it("has it made once for all of them, and each gets the bytes as they come", async () => {
    const first = open(0);
    const { growing } = await made.until(() => true);
    const second = open(1);
    growing.push(Buffer.from("first "));
    const answers = await Promise.all([first, second]);
    expect(answers.map((answer) => "growing" in answer && answer.growing.size > 0)).to.deep.equal([true, true]);
    growing.push(Buffer.from("last"));
    growing.end();
    expect((await Promise.all(answers.map(wholeSegment))).map(text)).to.deep.equal(["first last", "first last"]);
    expect(made.all).to.have.lengthOf(1);
    expect([(await ask(at(0))).tier, (await ask(at(1))).tier]).to.deep.equal(["memory", "memory"]);
  });

  it("has it made anew, without waiting for the lock, when the node that was making it is gone", async () => {
    const first = open(0);
    first.catch(() => undefined); // that node hears nothing more of anybody
    const { growing } = await made.until(() => true);
    const second = open(1);
    await eventually(() => at(0).transit?.pendingRequests.size === 0 && at(1).transit?.pendingRequests.size === 1); // it asks the first
    await at(0).transit?.sendDisconnectPacket(); // its lock stays: it goes on renewing that
    const anew = await made.until((params) => params.growing !== growing);
    anew.growing.push(Buffer.from("made anew"));
    anew.growing.end();
    expect(text(await wholeSegment(await second))).to.equal("made anew");
    growing.end();
  });

  it("lets go of what nobody waits for any more, on whatever node they waited", async () => {
    const asked = [open(0, "one"), open(1, "two")];
    const { growing, waiter = "" } = await made.until(() => true);
    growing.push(Buffer.from("first"));
    await Promise.all(asked);
    await at(1).broadcast("waiter.left", { waiter: "one" });
    await at(0).broadcast("waiter.left", { waiter: "two" });
    await left.until((id) => id === waiter);
    growing.fail(fail("encode_failed", "cancelled"));
    const again = open(1, "three");
    const next = await made.until((params) => params.growing !== growing);
    next.growing.push(Buffer.from("made anew"));
    next.growing.end();
    expect(text(await wholeSegment(await again))).to.equal("made anew");
  });

  it("ends a search as cancelled when its last viewer leaves while another node is making the segment", async () => {
    const redis = new Redis((await sharedRedis()).url);
    const lock = redisKeys(namespace).flight(SEGMENT.videoId, SEGMENT.rendition, mediaName(SEGMENT.segment));
    await redis.set(lock, "a node that is gone", "PX", 10_000);
    const asked = rejection(open(0, "one"), "a search that nobody waits for");
    await new Promise((resolve) => setTimeout(resolve, 200)); // it looks again and again by now
    await at(1).broadcast("waiter.left", { waiter: "one" });
    expect(isCancelled(await asked)).to.equal(true);
    expect(made.all).to.deep.equal([]);
    await redis.quit();
  });
});
