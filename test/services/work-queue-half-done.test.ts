/** A queue in a Redis whose log had the first commands of a script and not the last: whatever is missing, work goes on. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Redis } from "ioredis";
import type { NewJob } from "../../mixins/work-queue/work-queue.contract.ts";
import { LEASE_MS, openWorkQueue, type WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { renewLog } from "../../mixins/redis.ts";
import { eventually } from "../support/eventually.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { startRedis } from "../support/redis.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

describe("the work queue, where a script was half done", () => {
  let redis: Redis;
  let queue: WorkQueue<string>;
  let prefix: string;
  let now: number;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());
  beforeEach(() => {
    [now, prefix] = [1_000_000, freshNamespace()];
    queue = openWorkQueue<string>({ redis, prefix, now: () => now });
  });

  const job = (id: string): NewJob<string> => ({ id, lane: "normal", tenant: "a", group: "v", priority: 5, cost: 1, data: id });
  const take = async (): Promise<string | undefined> => (await queue.take("n1", "background"))?.data;

  for (const [what, lose] of [
    ["that waits is no job", () => redis.del(`${prefix}:job:x`)],
    ["that waits is in no lane", () => redis.zrem(`${prefix}:wait:normal:a`, "x")],
    ["that waits says nothing of itself but one thing", async () => { await redis.del(`${prefix}:job:x`); await redis.hset(`${prefix}:job:x`, "stalls", 1); }],
  ] as const) {
    it(`hands out the others, and what ${what} when it is added again`, async () => {
      await queue.add([job("x"), job("y")]);
      await lose();
      expect(await take()).to.equal("y");
      await queue.add([job("x"), job("y")]);
      expect([await take(), await take()]).to.deep.equal(["x", undefined]);
    });
  }

  for (const [what, lose] of [
    ["is of no job", () => redis.del(`${prefix}:job:x`)],
    ["is of another token", () => redis.hset(`${prefix}:job:x`, "first", "7")],
    ["is not there", async () => { for (const member of await redis.zrange(`${prefix}:leases`, 0, -1)) if (member.startsWith("x ")) await redis.zrem(`${prefix}:leases`, member); }],
  ] as const) {
    it(`goes on where a lease ${what}, and has its job done when it is added again`, async () => {
      await queue.add([job("x"), job("y"), job("z")]);
      expect([await take(), await take()]).to.deep.equal(["x", "y"]);
      await lose();
      now += LEASE_MS + 1;
      expect(await take()).to.equal("y"); // whose lease has ended
      await queue.add([job("x"), job("y"), job("z")]);
      expect([await take(), await take(), await take()].toSorted()).to.deep.equal(["x", "z", undefined]);
    });
  }

  for (const where of ["delayed", "dead"]) {
    it(`goes on where what is ${where} is no job`, async () => {
      await redis.zadd(`${prefix}:${where}`, 1, "gone");
      await queue.add([job("x")]);
      expect(await take()).to.equal("x");
    });
  }

  it("has the log of a Redis that has just been started written anew, without the half of a script", async function () {
    this.timeout(20_000);
    const dir = await makeTempDir("half-done");
    const server = await startRedis({ durable: true, dir });
    try {
      const client = new Redis(server.url);
      renewLog(client, { debug: () => undefined } as never);
      await eventually(async () => (await readdir(join(dir, "appendonlydir"))).some((name) => name.startsWith("appendonly.aof.2.base")));
      client.disconnect();
    } finally {
      await server.stop();
      await removeDir(dir);
    }
  });
});
