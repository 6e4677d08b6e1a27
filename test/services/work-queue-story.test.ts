/** What the queue tells of a group's work and of its own state, on a real Redis under a clock of its own. */
import { expect } from "chai";
import { Redis } from "ioredis";
import type { Lease, NewJob } from "../../mixins/work-queue/work-queue.contract.ts";
import { LEASE_MS, openWorkQueue, type WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

describe("the story of a group's work", () => {
  let redis: Redis;
  let queue: WorkQueue<string>;
  let now: number;
  let prefix: string;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());
  beforeEach(() => {
    now = 1_000_000;
    prefix = freshNamespace();
    queue = openWorkQueue<string>({ redis, prefix, now: () => now });
  });

  const job = (id: string, changes: Partial<NewJob<string>> = {}): NewJob<string> => ({ id, lane: "normal", tenant: "a", group: "v", priority: 5, cost: 1, data: id, ...changes });
  async function take(owner: string): Promise<Lease<string>> {
    const lease = await queue.take(owner, "background");
    if (lease === undefined) throw new Error("nothing waits");
    return lease;
  }

  it("splits its time: work first, then waiting, then the pause before another attempt", async () => {
    await queue.add([job("x1", { group: "x", priority: 1 }), job("x2", { group: "x", priority: 1 }), job("x3", { group: "x", lane: "play" })]);
    await queue.add([job("a"), job("b")]);
    now += 40_000; // waits
    await take("n1");
    await take("n1");
    const a = await take("n1");
    now += 2_000; // a runs, b waits
    const b = await take("n2");
    now += 1_000; // both run
    await queue.complete(a);
    now += 3_000; // b runs
    await queue.fail(b, "fault", "broken");
    now += 700; // b pauses
    expect(await queue.story("v")).to.deep.equal({
      queuedAt: 1_000_000, lane: "normal", ahead: 2, activeMs: 6_000, waitingMs: 40_000, delayedMs: 700,
      now: { active: 0, waiting: 0, delayed: 1 }, taken: 2, completed: 1, failures: 1, stalls: 0, spent: [{ owner: "n2", ms: 4_000 }, { owner: "n1", ms: 3_000 }],
    });
  });

  it("counts a node that died, and goes on until what is read", async () => {
    await queue.add([job("a")]);
    await take("n1");
    now += LEASE_MS;
    await queue.add([job("other", { group: "other" })]); // somebody comes by, and finds the lease ended
    now += 500;
    expect(await queue.story("v")).to.deep.include({ stalls: 1, failures: 0, activeMs: LEASE_MS, waitingMs: 500, now: { active: 0, waiting: 1, delayed: 0 } });
  });

  it("leaves out what nobody waits for", async () => {
    await queue.add([job("sheet", { aside: true })]);
    now += 1_000;
    await queue.complete(await take("n1"));
    expect(await queue.story("v")).to.equal(undefined);
    expect(await redis.exists(`${prefix}:story:v`)).to.equal(0);
  });

  it("stays when the group's work is cancelled but for what was set aside, and goes with the group", async () => {
    await queue.add([job("a")]);
    now += 1_000;
    await queue.cancel("v", "keep what was set aside");
    expect(await queue.story("v")).to.deep.include({ waitingMs: 1_000, now: { active: 0, waiting: 0, delayed: 0 } });
    expect(await redis.ttl(`${prefix}:story:v`)).to.be.greaterThan(0);
    await queue.cancel("v");
    expect(await queue.story("v")).to.equal(undefined);
  });

  it("is beside the age of what waits longest in each lane, whatever its priority", async () => {
    await queue.add([job("last", { priority: 90 })]);
    now += 5_000;
    await queue.add([job("first", { priority: 1 }), job("play", { lane: "play" })]);
    expect(await queue.oldest()).to.deep.equal({ normal: 1_000_000, play: 1_005_000 });
    expect((await take("n1")).id).to.equal("first");
    expect((await queue.oldest()).normal).to.equal(1_000_000);
    await queue.fail(await take("n1"), "away", "gone");
    expect(await queue.oldest()).to.deep.equal({ play: 1_005_000 });
  });
});
