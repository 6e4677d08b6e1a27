/** The queue on a real Redis, under a clock of its own: who gets which work, and what becomes of it. */
import { expect } from "chai";
import { Redis } from "ioredis";
import type { Lease, NewJob } from "../../mixins/work-queue/work-queue.contract.ts";
import { LEASE_MS, openWorkQueue, type WorkQueue, type WorkQueueOptions } from "../../mixins/work-queue/work-queue.ts";
import { inScope } from "../../config/requests/request-scope.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

type Queue = WorkQueue<string>;

describe("the work queue", () => {
  let redis: Redis;
  let queue: Queue;
  let now: number;
  let prefix: string;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());
  beforeEach(() => {
    now = 1_000_000;
    prefix = freshNamespace();
    queue = open();
  });

  const open = (options: Partial<WorkQueueOptions> = {}): Queue => openWorkQueue<string>({ redis, prefix, now: () => now, ...options });
  const job = (id: string, changes: Partial<NewJob<string>> = {}): NewJob<string> => ({ id, lane: "normal", tenant: "a", group: "v", priority: 5, cost: 1, data: id, ...changes });
  const jobs = (count: number, id: string, changes: Partial<NewJob<string>> = {}): NewJob<string>[] => Array.from({ length: count }, (_, n) => job(`${id}${n}`, changes));
  async function take(from: Queue = queue, owner = "n1"): Promise<Lease<string>> {
    const lease = await from.take(owner, "background");
    if (lease === undefined) throw new Error("nothing waits");
    return lease;
  }
  async function takeMany(count: number, from: Queue = queue): Promise<string[]> {
    const taken: string[] = [];
    for (let n = 0; n < count; n++) taken.push((await take(from)).data);
    return taken;
  }
  const counts = async (): Promise<{ waiting: number; active: number; failed: number }> => (await queue.counts()).normal;

  describe("hands out", () => {
    it("each job once, by priority and then by age; known ids are passed over", async () => {
      expect(await queue.add([job("c", { priority: 3 }), job("a", { priority: 1 }), job("b1", { priority: 2 }), job("b2", { priority: 2 })])).to.deep.equal({ added: 4, refused: 0 });
      expect(await queue.add([job("a"), job("d", { priority: 9 })])).to.deep.equal({ added: 1, refused: 0 });
      expect(await takeMany(5)).to.deep.equal(["a", "b1", "b2", "c", "d"]);
      expect(await queue.take("n1", "background")).to.equal(undefined);
      expect(await queue.add([job("a")])).to.deep.equal({ added: 0, refused: 0 }); // it runs
    });

    it("what is for viewers apart from the background", async () => {
      await queue.add([job("slow"), job("now", { lane: "play" })]);
      expect((await queue.take("n1", "play"))?.data).to.equal("now");
      expect(await queue.take("n1", "play")).to.equal(undefined);
      expect((await take()).data).to.equal("slow");
    });

    it("which request it goes back to, also when work begets work", async () => {
      await inScope({ requestId: "post-1" }, () => queue.add([job("a")]));
      await inScope({ requestId: "chunk-1", cause: "post-1" }, () => queue.add([job("b")]));
      await queue.add([job("c")]);
      expect([await take(), await take(), await take()].map(({ data, cause }) => [data, cause?.requestId])).to.deep.equal([["a", "post-1"], ["b", "post-1"], ["c", undefined]]);
      expect((await queue.find("a"))?.cause).to.equal("post-1");
    });

    it("nothing that viewers are past by now", async () => {
      await queue.add([job("late", { lane: "play", lateMs: 20_000 }), job("patient", { lane: "play" })]);
      now += 20_001;
      expect((await queue.take("n1", "play"))?.data).to.equal("patient");
      expect(await queue.find("late")).to.equal(undefined);
    });

    it("a tenant's short work beside another's thousand: each its share of the cost", async () => {
      await queue.add(jobs(1_000, "big", { tenant: "big", cost: 5 }));
      await takeMany(50);
      await queue.add(jobs(20, "small", { tenant: "small" }));
      const taken = await takeMany(12);
      expect(taken.filter((id) => id.startsWith("small"))).to.have.lengthOf.within(9, 11);
    });

    it("to tenants by their weights", async () => {
      const weighted = open({ weights: { a: 3 } });
      await weighted.add([...jobs(100, "a"), ...jobs(100, "b", { tenant: "b" })]);
      expect((await takeMany(40, weighted)).filter((id) => id.startsWith("a"))).to.have.lengthOf.within(29, 31);
    });

    it("within a tenant eight parts of `normal` to one of `bulk`, whichever was there first", async () => {
      await queue.add([...jobs(100, "b", { lane: "bulk" }), ...jobs(100, "n")]);
      expect((await takeMany(45)).filter((id) => id.startsWith("b"))).to.have.lengthOf.within(4, 6);
    });

    it("to a tenant that comes back no more than its share", async () => {
      await queue.add([...jobs(3, "a"), ...jobs(100, "b", { tenant: "b" })]);
      await takeMany(40); // of a: 3; of b: 37, all of what a did not want
      await queue.add(jobs(100, "again"));
      expect((await takeMany(20)).filter((id) => id.startsWith("again"))).to.have.lengthOf.within(9, 11);
    });

    it("no more of a tenant at once than it may have", async () => {
      const limited = open({ maxRunning: 2 });
      await limited.add([...jobs(5, "a"), job("b", { tenant: "b" })]);
      const [first] = [await take(limited), await take(limited), await take(limited)];
      expect(await limited.take("n1", "background")).to.equal(undefined);
      await limited.complete(first);
      expect((await limited.take("n1", "background"))?.data).to.match(/^a/);
    });

    it("nothing of a lane that is paused, and all of it afterwards", async () => {
      await queue.add([job("n"), job("b", { lane: "bulk" })]);
      await queue.pause("normal");
      expect((await take()).data).to.equal("b");
      expect(await queue.take("n1", "background")).to.equal(undefined);
      await queue.resume("normal");
      expect((await take()).data).to.equal("n");
    });

    it("first what somebody put forward", async () => {
      await queue.add(jobs(5, "a"));
      expect(await queue.advance(["a3", "a2", "unknown"])).to.equal(2);
      expect(await takeMany(5)).to.deep.equal(["a3", "a2", "a0", "a1", "a4"]);
    });

    it("not more than a tenant may have waiting: the rest is refused, and can come later", async () => {
      const small = open({ maxWaiting: 3 });
      expect(await small.add([...jobs(5, "a"), job("b", { tenant: "b" })])).to.deep.equal({ added: 4, refused: 2 });
      await take(small);
      expect(await small.add(jobs(5, "a"))).to.deep.equal({ added: 1, refused: 1 });
    });
  });

  it("keeps nothing of a tenant whose work is done", async () => {
    await queue.add([job("n"), job("b", { lane: "bulk" }), job("p", { lane: "play" })]);
    for (const workClass of ["play", "background", "background"] as const) {
      const lease = await queue.take("n1", workClass);
      if (lease !== undefined) await queue.complete(lease);
    }
    expect((await redis.keys(`${prefix}:*`)).filter((key) => /:(job|wait|shares|group|leases)/.test(key))).to.deep.equal([]);
    expect(Object.keys(await redis.hgetall(`${prefix}:counts`)).filter((field) => field.endsWith(":a"))).to.deep.equal([]);
  });

  describe("a lease", () => {
    beforeEach(() => queue.add([job("a")]));

    it("holds while it is renewed, and then ends the job", async () => {
      const lease = await take();
      for (let n = 0; n < 5; n++) {
        now += LEASE_MS - 1;
        expect(await queue.renew(lease, n / 5)).to.equal(true);
        expect(await queue.take("n2", "background")).to.equal(undefined);
      }
      expect(await queue.complete(lease)).to.equal(true);
      expect(await queue.find("a")).to.equal(undefined);
      expect(await counts()).to.include({ waiting: 0, active: 0 });
    });

    it("that ends gives the job to another; its token is worth nothing from then on", async () => {
      const lost = await take();
      now += LEASE_MS;
      const held = await take(queue, "n2");
      expect(held.data).to.equal("a");
      expect(Number(held.token)).to.be.greaterThan(Number(lost.token));
      expect([await queue.renew(lost, 1), await queue.complete(lost), await queue.fail(lost, "fault", "late")]).to.deep.equal([false, false, "lost"]);
      expect(await queue.complete(held)).to.equal(true);
    });

    it("has a greater token than those before Redis was emptied", async () => {
      const before = await take();
      await redis.del(...(await redis.keys(`${prefix}:*`)));
      now += 1;
      await queue.add([job("a")]);
      expect(Number((await take()).token)).to.be.greaterThan(Number(before.token));
      expect(await queue.complete(before)).to.equal(false);
    });

    it("is lost when the job's group is cancelled", async () => {
      const lease = await take();
      await queue.add([job("b"), job("other", { group: "w" })]);
      expect(await queue.cancel("v")).to.equal(2);
      expect(await queue.renew(lease, 0.5)).to.equal(false);
      expect(await takeMany(1)).to.deep.equal(["other"]);
      expect(await counts()).to.include({ waiting: 0, active: 1 });
    });

    it("may be handed back: another has the job at once, before what waits", async () => {
      await queue.add([job("b", { priority: 1 })]);
      await queue.advance(["a"]);
      const lease = await take();
      expect(await queue.fail(lease, "back")).to.equal("again");
      expect((await take(queue, "n2")).data).to.equal("a");
      expect(await queue.find("a")).to.include({ attempts: 0, stalls: 0 });
    });
  });

  describe("a job that fails", () => {
    beforeEach(() => queue.add([job("a")]));

    it("waits longer each time, and is set aside after its attempts, with the reason; and may be revived", async () => {
      for (let attempt = 0; attempt < 5; attempt++) {
        const lease = await take();
        expect(lease.attempts).to.equal(attempt);
        expect(await queue.fail(lease, "fault", "Invalid data", "encode_failed")).to.equal(attempt === 4 ? "dead" : "again");
        now += 1_000 * 2 ** attempt - 1;
        expect(await queue.take("n1", "background")).to.equal(undefined);
        now += 1;
      }
      expect(await queue.dead(10)).to.have.lengthOf(1).and.have.nested.property("0.message", "Invalid data");
      expect(await counts()).to.include({ waiting: 0, active: 0, failed: 1 });
      expect(await queue.add([job("a")])).to.deep.equal({ added: 0, refused: 0 });
      expect(await queue.revive("v")).to.equal(1);
      expect((await take()).attempts).to.equal(0);
      expect(await queue.dead(10)).to.deep.equal([]);
    });

    it("costs no attempt while somebody it needs is away, for an hour", async () => {
      for (let n = 0; n < 100; n++) {
        expect(await queue.fail(await take(), "away", "storage_unavailable")).to.equal("again");
        now += 5_000;
      }
      expect(await queue.find("a")).to.include({ attempts: 0 });
      now += 3_600_000;
      await queue.fail(await take(), "away", "storage_unavailable");
      expect(await queue.find("a")).to.include({ attempts: 1 });
    });

    it("costs none while what it is made of is still coming, for as long as that takes", async () => {
      for (let n = 0; n < 5; n++) {
        expect(await queue.fail(await take(), "coming", "source_pending")).to.equal("again");
        now += 3_600_000;
      }
      expect(await queue.find("a")).to.include({ attempts: 0 });
    });

    it("by killing its nodes is set aside after the fourth", async () => {
      for (let n = 0; n < 4; n++) {
        await take();
        now += LEASE_MS;
      }
      expect(await queue.take("n1", "background")).to.equal(undefined);
      expect(await queue.dead(10)).to.have.nested.property("0.code", "worker_lost");
    });
  });

  describe("a straggler", () => {
    /** The region knows what such work takes: 1 s. */
    async function teach(): Promise<void> {
      await queue.add(jobs(3, "known"));
      for (let n = 0; n < 3; n++) {
        const lease = await take();
        now += 1_000;
        await queue.complete(lease);
      }
    }

    it("is run a second time elsewhere when nothing waits; the first to end it counts, the other is told", async () => {
      await teach();
      await queue.add([job("slow")]);
      const slow = await take(queue, "slow");
      for (let n = 0; n < 8; n++) {
        expect(await queue.take("fast", "background", true), `after ${n} s`).to.equal(undefined);
        if (n === 5) break;
        now += 1_000;
        await queue.renew(slow, 0.01);
      }
      now += 1_000;
      await queue.renew(slow, 0.02);
      expect(await queue.take("slow", "background", true)).to.equal(undefined);
      const again = await queue.take("fast", "background", true);
      expect(again?.data).to.equal("slow");
      expect((await queue.find("slow"))?.runners.map(({ owner }) => owner)).to.deep.equal(["slow", "fast"]);
      expect(await queue.take("third", "background", true)).to.equal(undefined);
      expect(await queue.complete(again ?? slow)).to.equal(true);
      expect([await queue.renew(slow, 0.5), await queue.complete(slow)]).to.deep.equal([false, false]);
      expect(await counts()).to.include({ waiting: 0, active: 0 });
    });

    it("is left alone when it is nearly done, and when other work waits", async () => {
      await teach();
      await queue.add([job("slow")]);
      const slow = await take(queue, "slow");
      for (let n = 0; n < 10; n++) {
        now += 1_000;
        await queue.renew(slow, 0.95);
      }
      expect(await queue.take("fast", "background", true)).to.equal(undefined);
      await queue.renew(slow, 0.01);
      await queue.add([job("other")]);
      expect((await queue.take("fast", "background", true))?.data).to.equal("other");
    });

    it("goes on when one of the two fails or dies", async () => {
      await teach();
      await queue.add([job("slow")]);
      const slow = await take(queue, "slow");
      now += 5_900;
      await queue.renew(slow, 0.01);
      now += 200;
      const again = await queue.take("fast", "background", true);
      if (again === undefined) throw new Error("it is not run again");
      expect(await queue.fail(again, "fault", "broken")).to.equal("shared");
      expect(await queue.renew(slow, 0.5)).to.equal(true);
      expect(await queue.complete(slow)).to.equal(true);
    });
  });
});
