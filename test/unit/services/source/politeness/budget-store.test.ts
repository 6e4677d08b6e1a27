import { expect } from "chai";
import { Redis } from "ioredis";
import { redisKeys } from "../../../../../config/redis-keys.ts";
import { LEASE_MS, memoryBudgets, redisBudgets, type Answer, type BudgetStore, type Wish } from "../../../../../services/source/politeness/budget-store.ts";
import type { TestServer } from "../../../../support/nats.ts";
import { startRedis } from "../../../../support/redis.ts";

const HOST = "video.test:443";
const GENEROUS = { concurrency: 1_000, requestsPerSec: 1e6, bytesPerSec: Infinity, bytes: 0 };

/** What both must do. `pass`: time goes by; a real clock's cannot be made to. */
function contract(open: () => { store: BudgetStore; pass(ms: number): Promise<void> }): void {
  let store: BudgetStore;
  let pass: (ms: number) => Promise<void>;
  let leases = 0;
  beforeEach(() => { ({ store, pass } = open()); });
  const enter = (wish: Partial<Wish>, host = HOST): Promise<Answer> => store.enter(host, { ...GENEROUS, lease: `lease ${leases++}`, ...wish });

  it("lets as many ask at once as may, and another when one has left", async () => {
    const wish = { concurrency: 2 };
    const answers = [await enter({ ...wish, lease: "a" }), await enter({ ...wish, lease: "b" }), await enter({ ...wish, lease: "c" })];
    expect(answers.map(({ why }) => why)).to.deep.equal(["free", "free", "busy"]);
    expect(answers[2]?.waitMs).to.be.above(0);
    await store.leave(HOST, "a");
    await store.leave(HOST, "a");
    expect([(await enter({ ...wish, lease: "c" })).why, (await enter({ ...wish, lease: "d" })).why]).to.deep.equal(["free", "busy"]);
  });

  it("counts each host for itself", async () => {
    expect((await enter({ concurrency: 1 })).why).to.equal("free");
    expect((await enter({ concurrency: 1 }, "other.test:443")).why).to.equal("free");
    await store.hold("other.test:443", 60_000);
    expect((await enter({ concurrency: 2 })).why).to.equal("free");
  });

  it("lets a second's worth of requests through at once, and tells the next when its turn is", async () => {
    const many = { requestsPerSec: 1_000_000 };
    for (let n = 0; n < 20; n++) expect((await enter(many)).why).to.equal("free");
    const few = { requestsPerSec: 0.5 };
    expect((await enter(few)).why).to.equal("free");
    const { why, waitMs } = await enter(few);
    expect(why).to.equal("rate");
    expect(waitMs).to.be.within(1, 1_001);
    await pass(waitMs);
    expect((await enter(few)).why).to.equal("free");
    expect((await enter(few)).why).to.equal("rate");
  });

  it("counts bytes as well", async () => {
    const wish = { bytesPerSec: 1_000_000, bytes: 3_000_000 };
    expect((await enter(wish)).why).to.equal("free");
    const { why, waitMs } = await enter(wish);
    expect(why).to.equal("rate");
    expect(waitMs).to.be.within(1, 2_000);
    await pass(waitMs);
    expect((await enter(wish)).why).to.equal("free");
  });

  it("leaves a host alone for as long as it asked, and no shorter because it asked again", async () => {
    await store.hold(HOST, 1_500);
    await store.hold(HOST, 100);
    const { why, waitMs } = await enter({});
    expect(why).to.equal("hold");
    expect(waitMs).to.be.within(101, 1_500);
    await pass(waitMs + 1);
    expect((await enter({})).why).to.equal("free");
  });
}

describe("budgets of hosts", () => {
  describe("in memory", () => {
    let clock = 0;
    const open = () => ({ store: memoryBudgets(() => clock), async pass(ms: number) { clock += ms; } });
    beforeEach(() => { clock = 1_000_000; });
    contract(open);

    it("gives up a place that nobody renews", async () => {
      const store = memoryBudgets(() => clock);
      const enter = async (lease: string) => (await store.enter(HOST, { ...GENEROUS, concurrency: 2, lease })).why;
      await enter("dies");
      await enter("lives");
      clock += LEASE_MS - 1;
      await store.renew(HOST, "lives");
      expect(await enter("next")).to.equal("busy");
      clock += 1;
      expect([await enter("next"), await enter("another")]).to.deep.equal(["free", "busy"]);
    });
  });

  describe("in Redis", () => {
    let server: TestServer;
    let redis: Redis;
    const keys = redisKeys("budget-test");
    before(async () => {
      server = await startRedis();
      redis = new Redis(server.url);
    });
    after(async () => {
      redis.disconnect();
      await server.stop();
    });
    beforeEach(async () => void (await redis.flushall()));
    contract(() => ({ store: redisBudgets(redis, keys), pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }));

    it("gives up a place that nobody renews, and keeps nothing of a host that is left alone", async () => {
      const store = redisBudgets(redis, keys);
      const enter = async (lease: string) => (await store.enter(HOST, { ...GENEROUS, concurrency: 2, lease })).why;
      await enter("dies");
      await enter("lives");
      for (const lease of ["dies", "lives"]) expect(Number(await redis.zscore(keys.hostLeases(HOST), lease)) - Date.now()).to.be.within(LEASE_MS - 5_000, LEASE_MS);
      await redis.zadd(keys.hostLeases(HOST), Date.now() - 1, "dies", Date.now() + 1_000, "lives"); // LEASE_MS later
      await store.renew(HOST, "lives");
      await store.renew(HOST, "never was");
      expect(Number(await redis.zscore(keys.hostLeases(HOST), "lives")) - Date.now()).to.be.above(LEASE_MS - 5_000);
      expect([await enter("next"), await enter("another")]).to.deep.equal(["free", "busy"]);
      await store.hold(HOST, 5_000);
      for (const key of await redis.keys("*")) expect(await redis.pttl(key), key).to.be.within(1, LEASE_MS * 2);
    });
  });
});
