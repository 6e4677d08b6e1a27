/** The queue on a real Redis, under a clock of its own: whatever happens to its work, in whatever order. */
import { expect } from "chai";
import * as fc from "fast-check";
import { Redis } from "ioredis";
import type { Lease } from "../../mixins/work-queue/work-queue.contract.ts";
import { openWorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

describe("the work queue", () => {
  let redis: Redis;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());

  it("loses nothing and counts right, whatever happens in whatever order", async () => {
    type Step = { kind: "add" | "take" | "complete" | "fault" | "away" | "back" | "wait" | "cancel" | "renew" | "advance" | "revive"; n: number };
    const steps = fc.array(fc.record({ kind: fc.constantFrom<Step["kind"]>("add", "add", "take", "take", "complete", "fault", "away", "back", "wait", "cancel", "renew", "advance", "revive"), n: fc.nat(30) }), { maxLength: 60 });
    await fc.assert(fc.asyncProperty(steps, async (history) => {
      let now = 1_000_000;
      const prefix = freshNamespace();
      const queue = openWorkQueue<string>({ redis, prefix, now: () => now });
      const unfinished = new Set<string>();
      const leases: Lease<string>[] = [];
      for (const { kind, n } of history) {
        const lease = leases[n % Math.max(1, leases.length)];
        if (kind === "add") {
          const lane = (["normal", "bulk", "play"] as const)[n % 3] ?? "normal";
          await queue.add([{ id: `j${n}`, data: `j${n}`, lane, tenant: `t${n % 2}`, group: `v${n % 5}`, priority: 1 + n, cost: 1 + (n % 4) }]);
          unfinished.add(`j${n}`);
        } else if (kind === "take") {
          const taken = await queue.take(`n${n % 3}`, n % 4 === 0 ? "play" : "background", n % 2 === 0);
          if (taken !== undefined) leases.push(taken);
        } else if (kind === "wait") now += n * 1_000;
        else if (kind === "cancel") {
          await queue.cancel(`v${n % 5}`);
          for (const id of unfinished) if (Number(id.slice(1)) % 5 === n % 5) unfinished.delete(id);
        } else if (kind === "advance") await queue.advance([`j${n}`]);
        else if (kind === "revive") await queue.revive(`v${n % 5}`);
        else if (lease !== undefined) {
          if (kind === "complete") { if (await queue.complete(lease)) unfinished.delete(lease.id); }
          else if (kind === "renew") await queue.renew(lease, n / 31);
          else await queue.fail(lease, kind, "x");
        }
      }
      const found = await Promise.all([...unfinished].map(async (id) => await queue.find(id)));
      expect(found.every((one) => one !== undefined), "every job that was neither completed nor cancelled is there").to.equal(true);
      expect(await redis.keys(`${prefix}:job:*`)).to.have.lengthOf(unfinished.size);
      const tallied = await queue.counts();
      for (const lane of ["play", "normal", "bulk"] as const) {
        const of = (...states: string[]): number => found.filter((one) => one?.lane === lane && states.includes(one.state)).length;
        expect(tallied[lane]).to.include({ waiting: of("waiting", "delayed"), active: of("active"), failed: of("dead") });
        expect(await redis.zcard(`${prefix}:ages:${lane}`)).to.equal(of("waiting"));
      }
      for (let n = 0; n < 5; n++) {
        const of = (state: string): number => found.filter((one) => one?.group === `v${n}` && one.state === state).length;
        const { now: told } = (await queue.story(`v${n}`)) ?? { now: { active: 0, waiting: 0, delayed: 0 } };
        expect(told).to.deep.equal({ active: of("active"), waiting: of("waiting"), delayed: of("delayed") });
      }
      // In the end all of it can be done; what died of its lapsed leases just now, when it is revived.
      now += 10_000_000;
      for (const workClass of ["play", "background", "play", "background"] as const) {
        for (let one = await queue.take("n", workClass); one !== undefined; one = await queue.take("n", workClass)) {
          expect(await queue.complete(one)).to.equal(true);
          unfinished.delete(one.id);
        }
        for (let n = 0; n < 5; n++) await queue.revive(`v${n}`);
      }
      expect([...unfinished]).to.deep.equal([]);
      expect(await queue.tenants()).to.deep.equal({});
      for (const key of ["tenants:play", "tenants:background", "leases", "delayed", "dead"]) expect(await redis.exists(`${prefix}:${key}`), key).to.equal(0);
      expect(await redis.keys(`${prefix}:wait:*`)).to.deep.equal([]);
    }), { numRuns: 60 });
  });
});
