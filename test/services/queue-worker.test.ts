/** Nodes that take work from the queue, on a real Redis: when they begin, when they must stop, and what they leave. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { fail } from "../../config/errors.ts";
import { openQueueWorker, type QueueWorker, type Work, type WorkerTimes } from "../../mixins/work-queue/queue-worker.ts";
import type { NewJob } from "../../mixins/work-queue/work-queue.contract.ts";
import { openWorkQueue, type WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { eventually } from "../support/eventually.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

const LEASE_MS = 400;
const NEVER = 3_600_000;

describe("a node that takes work", () => {
  const { logger } = quietBroker();
  let url: string;
  let redis: Redis;
  let queue: WorkQueue<string>;
  let workers: QueueWorker[];
  let dead: string[];
  const ended: string[] = [];

  before(async () => {
    url = (await sharedRedis()).url;
    redis = new Redis(url);
  });
  after(() => redis.disconnect());
  beforeEach(() => {
    queue = openWorkQueue<string>({ redis, prefix: freshNamespace(), leaseMs: LEASE_MS });
    workers = [];
    dead = [];
    ended.length = 0;
  });
  afterEach(() => Promise.all(workers.map((worker) => worker.close())));

  const job = (id: string, changes: Partial<NewJob<string>> = {}): NewJob<string> => ({ id, lane: "normal", tenant: "a", group: "v", priority: 5, cost: 1, data: id, ...changes });
  function start(run: (data: string, work: Work) => Promise<void>, { owner = "n1", accepting = () => true, times = {} }: { owner?: string; accepting?: () => boolean; times?: Partial<WorkerTimes> } = {}): QueueWorker {
    const worker = openQueueWorker<string>({
      queue, subscriber: new Redis(url), owner, rooms: { play: 1, background: 2 }, accepting, logger, times: { lease: LEASE_MS, ...times },
      judge: () => "fault",
      onDead: (data) => dead.push(data),
      run: async (data, work) => {
        await run(data, work);
        ended.push(data);
      },
    });
    workers.push(worker);
    return worker;
  }
  /** Until it is told to end. */
  const untilAborted = (work: Work): Promise<never> => new Promise((_, reject) => { work.signal.addEventListener("abort", () => reject(fail("encode_failed", "ended")), { once: true }); });
  const isIdle = async (): Promise<boolean> => Object.values(await queue.counts()).every(({ waiting, active }) => waiting + active === 0);

  it("tells how long each job waited in its lane, once", async () => {
    const begun: [string, string][] = [];
    const worker = openQueueWorker<string>({
      queue, subscriber: new Redis(url), owner: "n1", rooms: { play: 1, background: 2 }, logger, times: { lease: LEASE_MS }, judge: () => "fault", onDead: () => undefined,
      onStart({ id, lane, waitedMs }) {
        expect(waitedMs).to.satisfy(Number.isInteger).and.be.within(0, 60_000);
        begun.push([id, lane]);
      },
      async run(data, _work) { if (data === "b" && ended.push(data) === 1) throw new Error("staged"); },
    });
    workers.push(worker);
    await queue.add([job("a"), job("b", { lane: "bulk" }), job("c", { lane: "play" })]);
    await eventually(isIdle);
    expect(begun.sort()).to.deep.equal([["a", "normal"], ["b", "bulk"], ["c", "play"]]);
    expect(ended.length, "the one that failed was begun twice").to.equal(2);
  });

  it("is told of new work at once, and does as much together as it has room for", async () => {
    const gate = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    start(async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
    }, { times: { poll: NEVER } });
    await eventually(async () => (await redis.pubsub("NUMSUB", queue.wakeChannel))[1] === 1);
    await queue.add(["a", "b", "c", "d"].map((id) => job(id)));
    await eventually(() => running === 2);
    gate.resolve();
    await eventually(isIdle);
    expect(ended.toSorted()).to.deep.equal(["a", "b", "c", "d"]);
    expect(most).to.equal(2);
  });

  it("finds work that nobody told it of", async () => {
    await queue.add([job("a"), job("b", { lane: "play" })]);
    start(async () => undefined, { times: { poll: 50 } });
    await eventually(isIdle);
    expect(ended.toSorted()).to.deep.equal(["a", "b"]);
  });

  it("keeps its lease for as long as it works", async () => {
    await queue.add([job("a")]);
    const gate = Promise.withResolvers<void>();
    start(async () => await gate.promise);
    const other = start(async () => await gate.promise, { owner: "n2" });
    await eventually(async () => (await queue.counts()).normal.active === 1);
    const renewals = await eventuallyRenewed(4);
    expect(renewals).to.be.at.least(4);
    gate.resolve();
    await eventually(isIdle);
    expect(ended).to.deep.equal(["a"]);
    expect(other.busy().background).to.equal(0);
  });
  /** Leases end after the renewals that keep them. */
  async function eventuallyRenewed(times: number): Promise<number> {
    let [seen, last] = [0, ""];
    await eventually(async () => {
      const [, until = ""] = await redis.zrange(queue.wakeChannel.replace(/:wake$/, ":leases"), 0, 0, "WITHSCORES");
      if (until !== last) [seen, last] = [seen + 1, until];
      return seen >= times;
    });
    return seen;
  }

  it("ends work whose lease it lost, and may not publish what that made", async () => {
    await queue.add([job("a")]);
    const held: boolean[] = [];
    start(async (_, work) => {
      held.push(await work.isHeld());
      await queue.cancel("v");
      try {
        await untilAborted(work);
      } finally {
        held.push(await work.isHeld());
      }
    });
    await eventually(() => held.length === 2);
    expect(held).to.deep.equal([true, false]);
    expect([ended, dead]).to.deep.equal([[], []]);
  });

  it("asks, after it was stopped for longer than its lease, before it says that it holds it", async () => {
    await queue.add([job("a")]);
    const asked = Promise.withResolvers<boolean>();
    start(async (_, work) => {
      const until = performance.now() + 1.5 * LEASE_MS;
      while (performance.now() < until); // as a process that is stopped: no timer runs
      const lease = await queue.take("n2", "background");
      expect(lease?.data).to.equal("a");
      asked.resolve(await work.isHeld());
    });
    expect(await asked.promise).to.equal(false);
  });

  it("counts its lease from when it asked for work, however late the answer comes", async () => {
    await queue.add([job("a")]);
    const { take } = queue;
    queue.take = async (...args) => {
      const lease = await take(...args);
      const until = performance.now() + 1.5 * LEASE_MS;
      while (lease !== undefined && performance.now() < until); // as a process that is stopped here
      return lease;
    };
    const asked = Promise.withResolvers<boolean>();
    start(async (_, work) => {
      expect((await take("n2", "background"))?.data).to.equal("a");
      asked.resolve(await work.isHeld());
    });
    expect(await asked.promise).to.equal(false);
  });

  it("hands back what it has when it leaves, at no cost to the job", async () => {
    await queue.add([job("a")]);
    const first = start(async (_, work) => await untilAborted(work));
    await eventually(() => first.busy().background === 1);
    await first.close();
    expect(await queue.find("a")).to.include({ state: "waiting", attempts: 0, stalls: 0 });
    start(async () => undefined, { owner: "n2" });
    await eventually(isIdle);
    expect(ended).to.deep.equal(["a"]);
  });

  it("takes nothing while it does not accept work, and goes on with what it has", async () => {
    let accepting = true;
    const gate = Promise.withResolvers<void>();
    const worker = start(async () => await gate.promise, { accepting: () => accepting, times: { poll: 20 } });
    await queue.add([job("a")]);
    await eventually(() => worker.busy().background === 1);
    accepting = false;
    await queue.add([job("b")]);
    gate.resolve();
    await worker.idle();
    expect(ended).to.deep.equal(["a"]);
    expect((await queue.counts()).normal.waiting).to.equal(1);
    accepting = true;
    worker.look();
    await eventually(isIdle);
  });

  it("tries work later that stands still, without blame", async () => {
    await queue.add([job("a")]);
    start(async (_, work) => await untilAborted(work), { times: { stuck: 300 } });
    await eventually(async () => (await queue.find("a"))?.state === "delayed");
    expect(await queue.find("a")).to.include({ attempts: 0, stalls: 0 });
  });

  it("says when a job has had all its attempts", async () => {
    await queue.add([job("a")]);
    await redis.hset(queue.wakeChannel.replace(/:wake$/, ":job:a"), "attempts", 4);
    start(async () => { throw fail("encode_failed", "Invalid data"); });
    await eventually(() => dead.length === 1);
    expect(dead).to.deep.equal(["a"]);
  });

  it("goes on after Redis forgot everything: what runs is not published, what comes is done", async () => {
    await queue.add([job("a")]);
    const held = Promise.withResolvers<boolean>();
    start(async (data, work) => {
      if (data !== "a") return;
      await redis.del(...(await redis.keys(`${queue.wakeChannel.replace(/:wake$/, "")}:*`)));
      await untilAborted(work).catch(() => undefined);
      held.resolve(await work.isHeld());
    });
    expect(await held.promise).to.equal(false);
    await queue.add([job("b")]);
    await eventually(() => ended.includes("b"));
  });
});
