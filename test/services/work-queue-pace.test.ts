/** What the queue knows of how long work takes, on a real Redis: by what runs cost. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { openWorkQueue, type WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

describe("the pace of the work queue", () => {
  let redis: Redis;
  let queue: WorkQueue<string>;
  let now = 1_000_000;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());
  beforeEach(() => { queue = openWorkQueue<string>({ redis, prefix: freshNamespace(), now: () => now }); });

  async function run(cost: number, ms: number, owner = "n1"): Promise<void> {
    await queue.add([{ id: `job-${now}`, lane: "normal", tenant: "a", group: "v", priority: 5, cost, data: "" }]);
    const lease = await queue.take(owner, "background");
    if (lease === undefined) throw new Error("nothing waits");
    now += ms;
    await queue.complete(lease);
  }

  it("is what all runs took by what all cost: a small one that waited for something says little", async () => {
    expect(await queue.pace()).to.equal(undefined);
    await run(1, 7_000);
    expect(await queue.pace()).to.equal(7_000);
    await run(24, 4_800);
    expect(await queue.pace()).to.be.closeTo((7_000 * (7 / 8) + 4_800) / (7 / 8 + 24), 1e-6);
    for (let n = 0; n < 20; n++) await run(24, 4_800);
    await run(1, 7_000);
    expect(await queue.pace()).to.be.within(200, 250);
  });

  it("is that of lately, of the region and of each node", async () => {
    for (let n = 0; n < 40; n++) await run(24, 4_800);
    for (let n = 0; n < 40; n++) await run(24, 9_600, "n2");
    expect(await queue.pace()).to.be.closeTo(400, 2);
    expect(await queue.pace("n1")).to.be.closeTo(200, 1e-6);
    expect(await queue.pace("n2")).to.be.closeTo(400, 1e-6);
  });
});
