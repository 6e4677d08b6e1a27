/** Videos that are as old as their tenant's rule says. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { redisKeys } from "../../config/redis-keys.ts";
import { catalog, type Catalog } from "../../services/videos/catalog.ts";
import { keepRetention, removeExpired, type RetentionPorts } from "../../services/videos/retention.ts";
import { systemClock, type Clock } from "../../mixins/clock.ts";
import type { TestServer } from "../support/nats.ts";
import { startRedis } from "../support/redis.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-26T00:00:00Z");

describe("retention", function () {
  this.timeout(20_000);
  let server: TestServer;
  let redis: Redis;
  let videos: Catalog;
  let removed: string[];
  let warned: string[];

  before(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
    videos = catalog(redis, redisKeys("test"));
    [removed, warned] = [[], []];
  });

  let last = 0;
  const idOf = (): string => String(last++).padStart(26, "0");
  async function add(days: number, tenant?: string): Promise<string> {
    const video = { id: idOf(), createdAt: new Date(NOW - days * DAY).toISOString(), ...(tenant === undefined ? {} : { tenant }) };
    await videos.add(video);
    return video.id;
  }
  const clock: Clock = { ...systemClock, date: () => NOW, random: () => 0.5 };
  const ports = (rules: Record<string, number>, changes: Partial<RetentionPorts> = {}): RetentionPorts => ({
    rules, catalog: videos, clock, logger: { info: () => undefined, warn: (line: string) => { warned.push(line); } },
    async remove(id) {
      removed.push(id);
      const tenant = (await redis.zscore("test:catalog:physics", id)) === null ? {} : { tenant: "physics" };
      await videos.remove({ id, createdAt: "", ...tenant });
    },
    ...changes,
  });

  it("deletes by each tenant's rule, oldest first, and by the others' for all that have none", async () => {
    const [old, older] = [await add(31, "physics"), await add(400, "physics")];
    await add(30, "physics"); // not a moment too early
    const ofDefault = await add(101);
    await add(99);
    expect(await removeExpired(ports({ physics: 30, "*": 100 }))).to.equal(3);
    expect(removed).to.deep.equal([older, old, ofDefault]);
    expect(await redis.zcard("test:catalog")).to.equal(2);
  });

  it("keeps for ever what no rule is about", async () => {
    await add(5_000);
    expect(await removeExpired(ports({ physics: 1 }))).to.equal(0);
  });

  it("comes to the end of many, of one millisecond too, and deletes each once", async () => {
    for (let n = 0; n < 150; n++) await add(50);
    for (let n = 0; n < 150; n++) await add(60 + n);
    const kept = await Promise.all(Array.from({ length: 120 }, () => add(55, "physics")));
    expect(await removeExpired(ports({ physics: 90, "*": 10 }))).to.equal(300);
    expect(new Set(removed)).to.have.property("size", 300);
    expect(removed.filter((id) => kept.includes(id))).to.deep.equal([]);
  });

  it("goes on after one that cannot be deleted, and takes it again the next time", async () => {
    const [stuck, other] = [await add(20), await add(19)];
    let isAway = true;
    const { remove } = ports({});
    const staged = ports({ "*": 10 }, { async remove(id) { if (isAway && id === stuck) throw new Error("the store is away"); await remove(id); } });
    expect(await removeExpired(staged)).to.equal(1);
    expect([removed, warned]).to.deep.equal([[other], [`Video ${stuck} is kept longer than its tenant's rule says: the store is away`]]);
    isAway = false;
    expect(await removeExpired(staged)).to.equal(1);
  });

  it("is looked after once an hour, also after Redis was away, and ends with its node", async () => {
    const waits: number[] = [];
    let work: (() => void) | undefined;
    const staged: Clock = { ...clock, after: (ms, next) => { waits.push(ms); work = next; return () => { work = undefined; }; } };
    let looks = 0;
    const broken = { createdBefore: async () => { looks++; throw new Error("Redis is away"); }, inTenants: async () => new Set<string>() };
    const end = keepRetention(ports({ "*": 1 }, { clock: staged, catalog: broken }));
    for (let n = 0; n < 2; n++) {
      work?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([looks, waits, warned.length]).to.deep.equal([2, [60_000, 3_600_000, 3_600_000], 2]);
    await end();
    expect(work).to.equal(undefined);
    expect(keepRetention(ports({}, { clock: { ...clock, after: () => { throw new Error("no rules, no look"); } } }))).to.be.a("function");
  });
});
