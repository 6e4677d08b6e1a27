/** Segments on their way into the store: who has lost the lease of its work stores nothing. */
import { expect } from "chai";
import { Redis } from "ioredis";
import type { ServiceBroker } from "moleculer";
import { redisKeys } from "../../config/redis-keys.ts";
import { unstoredBytes } from "../../mixins/unstored-bytes.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { Inspection } from "../../services/transcoder/inspection.ts";
import { openPublisher, type Publisher } from "../../services/transcoder/publisher.ts";
import type { Made } from "../../services/transcoder/workshop.ts";
import { watchEvents, type History, type SeenEvent } from "../support/history.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";

describe("publisher", () => {
  let broker: ServiceBroker;
  let redis: Redis;
  let store: ReturnType<typeof memoryStore>;
  let stored: History<SeenEvent>;
  let publisher: Publisher;
  let inspect: Inspection["inspect"];

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());
  beforeEach(async () => {
    store = memoryStore();
    broker = quietBroker();
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    stored = watchEvents(broker, "segment.*");
    await broker.start();
    inspect = async (_id, _rendition, _segment, bytes) => bytes;
    const inspection = { note: () => undefined, inspect: (...given: Parameters<typeof inspect>) => inspect(...given) } as unknown as Inspection;
    publisher = openPublisher(broker, redis, redisKeys(freshNamespace()), inspection);
  });
  afterEach(() => broker.stop());

  const made = (segment: Made["segment"], mayStore?: () => Promise<boolean>): Made => ({ rendition: "360p", segment, bytes: Buffer.from(`segment ${segment}`), ms: 1, mode: "encode", awaited: false, ...(mayStore === undefined ? {} : { mayStore }) });
  async function publish(file: Made): Promise<string[]> {
    publisher.publish(ID, file);
    await publisher.settled();
    return [...store.objects.keys()];
  }

  it("stores what nobody leased, and what is made under a lease that holds", async () => {
    expect(await publish(made(0))).to.deep.equal([`videos/${ID}/media/360p/0.m4s`]);
    expect(await publish(made("init", async () => true))).to.include(`videos/${ID}/media/360p/init.mp4`);
    expect(stored.all.map(({ payload }) => payload["segment"])).to.deep.equal([0]);
  });

  it("stores and announces nothing of work whose lease is lost, and remembers that it did not", async () => {
    for (const segment of ["init", 0] as const) expect(await publish(made(segment, async () => false))).to.deep.equal([]);
    expect(stored.all).to.deep.equal([]);
    expect(publisher.unstored(ID, "360p", ["init", 0, 1])).to.deep.equal(["init", 0]);
    publisher.retry(ID, "360p", [0]);
    expect(publisher.unstored(ID, "360p", ["init", 0, 1])).to.deep.equal(["init"]);
  });

  it("stores a first segment after its init segment, and not without it", async () => {
    publisher.publish(ID, made("init", async () => false));
    expect(await publish(made(0))).to.deep.equal([]);
    expect(publisher.unstored(ID, "360p", ["init", 0])).to.deep.equal(["init", 0]);
    publisher.publish(ID, made("init"));
    expect(await publish(made(0))).to.deep.equal(["init.mp4", "0.m4s"].map((name) => `videos/${ID}/media/360p/${name}`));
  });

  it("asks for the lease when the check is over, however long that took", async () => {
    let held = true;
    const checked = Promise.withResolvers<void>();
    inspect = async (_id, _rendition, _segment, bytes) => {
      await checked.promise;
      return bytes;
    };
    const published = publish(made(3, async () => held));
    held = false;
    checked.resolve();
    expect(await published).to.deep.equal([]);
  });

  it("says how many bytes wait on the node, until they are stored or given up", async () => {
    const told: number[] = [];
    unstoredBytes(broker).follow((bytes) => told.push(bytes));
    await publish(made(5));
    await publish(made(6, async () => false));
    expect(told).to.deep.equal([0, 9, 0, 9, 0]);
  });

  it("stores nothing when the lease cannot be asked for", async () => {
    expect(await publish(made(4, async () => { throw new Error("Redis is away"); }))).to.deep.equal([]);
    expect(publisher.unstored(ID, "360p", [4])).to.deep.equal([4]);
  });
});
