import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import type { Redis } from "ioredis";
import { redisKeys } from "../../../../../config/redis-keys.ts";
import { OriginTrouble } from "../../../../../services/source/origin/attempts.ts";
import { memoryBudgets, redisBudgets } from "../../../../../services/source/politeness/budget-store.ts";
import { hostBudgets, type BudgetOptions, type HostBudgets } from "../../../../../services/source/politeness/host-budgets.ts";
import { openRedis } from "../../../../../mixins/redis.ts";
import type { TestServer } from "../../../../support/nats.ts";
import { quietBroker } from "../../../../support/quiet-broker.ts";
import { rejection } from "../../../../support/rejection.ts";
import { startRedis } from "../../../../support/redis.ts";

const HOST = "video.test:443";
const LIMITS = { concurrency: 3, requestsPerSec: 1e6, bytesPerSec: Infinity };

const quiet = quietBroker().logger;

describe("the line for a host", function () {
  this.timeout(20_000);
  let opened: HostBudgets[];
  const signal = new AbortController().signal;
  const open = (changes: Partial<BudgetOptions> = {}): HostBudgets => {
    const budgets = hostBudgets({ store: memoryBudgets(), spare: memoryBudgets(), waitMaxMs: 10_000, ...changes });
    opened.push(budgets);
    return budgets;
  };
  beforeEach(() => { opened = []; });
  afterEach(() => opened.forEach((budgets) => budgets.close()));

  describe("of fifty readers on two nodes of a region", () => {
    let server: TestServer;
    let connections: Redis[];
    beforeEach(async () => {
      server = await startRedis();
      connections = await Promise.all([openRedis(server.url, quiet), openRedis(server.url, quiet)]);
    });
    afterEach(async () => {
      connections.forEach((redis) => redis.disconnect());
      await server.stop();
    });
    const nodes = (): HostBudgets[] => connections.map((redis) => open({ store: redisBudgets(redis, redisKeys("line")) }));

    it("is never longer at the host than its policy has it, and all get through", async () => {
      const [here, there] = nodes();
      let [asking, most, through] = [0, 0, 0];
      await Promise.all(Array.from({ length: 50 }, async (_, n) => {
        const leave = await (n % 2 === 0 ? here : there)?.enter(HOST, LIMITS, 0, signal);
        most = Math.max(most, ++asking);
        await wait(5);
        asking--;
        through++;
        leave?.();
      }));
      expect([most, through]).to.deep.equal([3, 50]);
    });

    it("keeps to the rate together", async () => {
      const limits = { ...LIMITS, concurrency: 100, requestsPerSec: 40 };
      const [here, there] = nodes();
      const startedAt = performance.now();
      const times = await Promise.all(Array.from({ length: 100 }, async (_, n) => {
        const leave = await (n % 2 === 0 ? here : there)?.enter(HOST, limits, 0, signal);
        const at = performance.now();
        leave?.();
        return at;
      }));
      expect(Math.max(...times) - startedAt).to.be.above(1_400); // 100 are two and a half seconds' worth, of which one came at once
    });

    it("goes on, for each node by itself, while Redis is away", async () => {
      const [here] = nodes();
      (await here?.enter(HOST, LIMITS, 0, signal))?.();
      await server.stop();
      let [asking, most] = [0, 0];
      await Promise.all(Array.from({ length: 10 }, async () => {
        const leave = await here?.enter(HOST, LIMITS, 0, signal);
        most = Math.max(most, ++asking);
        await wait(5);
        asking--;
        leave?.();
      }));
      expect(most).to.equal(3);
    });
  });

  it("moves on when somebody leaves, in the order they came, and a place is given back once", async () => {
    const budgets = open();
    const limits = { ...LIMITS, concurrency: 1 };
    const first = await budgets.enter(HOST, limits, 0, signal);
    const order: number[] = [];
    const others = [1, 2].map(async (n) => {
      const leave = await budgets.enter(HOST, limits, 0, signal);
      order.push(n);
      return leave;
    });
    first();
    const second = await others[0];
    first();
    await wait(150);
    expect(order).to.deep.equal([1]);
    second?.();
    await others[1];
    expect(order).to.deep.equal([1, 2]);
  });

  it("is not stood in for longer than anybody waits, and says why", async () => {
    const waits: string[] = [];
    const budgets = open({ waitMaxMs: 50, onWait: (_, why) => void waits.push(why) });
    await budgets.hold("held.test", 30_000);
    const held = await rejection(budgets.enter("held.test", LIMITS, 0, signal), "a host that is held");
    expect(held).to.be.instanceOf(OriginTrouble).and.include({ message: "asked to be left alone" });
    expect((held as OriginTrouble).retryAfterMs).to.be.within(25_000, 30_000);
    await budgets.enter(HOST, { ...LIMITS, concurrency: 1 }, 0, signal);
    expect(await rejection(budgets.enter(HOST, { ...LIMITS, concurrency: 1 }, 0, signal), "a full host")).to.include({ message: "is asked for as much as it may be" });
    expect(waits).to.deep.equal(["hold", "busy"]);
  });

  it("is left by whoever does not want to any more, without holding up the next", async () => {
    const budgets = open();
    const limits = { ...LIMITS, concurrency: 1 };
    const first = await budgets.enter(HOST, limits, 0, signal);
    const leaving = new AbortController();
    const left = rejection(budgets.enter(HOST, limits, 0, leaving.signal), "who left");
    const next = budgets.enter(HOST, limits, 0, signal);
    leaving.abort(new Error("left"));
    first();
    (await next)();
    expect(await left).to.include({ message: "left" });
  });
});
