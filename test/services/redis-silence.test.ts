/** The connection to a Redis that stops to answer and keeps its connections. */
import { expect } from "chai";
import { closeRedis, openRedis } from "../../mixins/redis.ts";
import { eventually } from "../support/eventually.ts";
import { startRedis } from "../support/redis.ts";
import { rejection } from "../support/rejection.ts";
import { quietBroker } from "../support/quiet-broker.ts";

describe("a connection to a Redis that hangs", function () {
  this.timeout(20_000);

  it("costs one time limit, and then nobody waits until it answers", async () => {
    const server = await startRedis();
    const redis = await openRedis(server.url, quietBroker().logger);
    try {
      await redis.set("a", "1");
      process.kill(server.pid, "SIGSTOP");
      const [first, second] = await Promise.all([rejection(redis.get("a"), "hangs"), rejection(redis.get("a"), "hangs")]);
      expect([first, second].map(String)).to.deep.equal(Array(2).fill("Error: Command timed out"));
      for (let i = 0; i < 100; i++) expect(String(await rejection(redis.incr("b"), "silent"))).to.equal("Error: Redis does not answer.");
      const results = await redis.pipeline().get("a").incr("b").exec();
      expect(results?.map(([error]) => error?.message)).to.deep.equal(Array(2).fill("Redis does not answer."));
      process.kill(server.pid, "SIGCONT");
      await eventually(async () => await redis.get("a").catch(() => undefined) === "1");
      expect(await redis.get("b")).to.equal(null); // what failed was not kept and sent later
    } finally {
      closeRedis(redis);
      await server.kill();
    }
  });
});
