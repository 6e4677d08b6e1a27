/** Reports of players, counted by two nodes in one real Redis. */
import { expect } from "chai";
import * as fc from "fast-check";
import { Redis } from "ioredis";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import type { Admission } from "../../services/insights/count-report.ts";
import { bucketsOf } from "../../services/insights/tally.ts";
import { openUsageCounter, type TakenReport, type UsageCounter } from "../../services/insights/usage-counter.ts";
import { usageDays, type CountedDay } from "../../services/insights/usage-days.ts";
import { parseUsageReport, withinDuration, type UsageReport } from "../../services/insights/usage-report.ts";
import { usageScripts } from "../../services/insights/usage-scripts.ts";
import { viewerNames } from "../../services/insights/viewer-names.ts";
import type { TestServer } from "../support/nats.ts";
import { startRedis } from "../support/redis.ts";
import { freshNamespace } from "../support/servers.ts";

const VIDEO = "01arz3ndektsv4rrffq69g5faw";
const DURATION_MS = 60_000;
const AT = Date.parse("2026-11-26T12:00:00Z");
const DAY = "2026-11-26";

describe("what players report", function () {
  this.timeout(60_000);
  let server: TestServer;
  let redis: Redis;
  let keys: RedisKeys;
  let nodes: UsageCounter[];
  let started: string[];
  let admitted: [UsageReport, Admission][];

  const openNode = (onDrop: () => void = () => undefined): UsageCounter => openUsageCounter({
    run: usageScripts(redis), keys, names: viewerNames(redis, keys), clock: { after: () => () => undefined }, onDrop, onError: () => undefined,
    onCount: ({ report }, admission) => {
      if (admission.started) started.push(report.session);
      admitted.push([report, admission]);
    },
  });
  const begin = (): void => {
    [keys, started, admitted] = [redisKeys(freshNamespace()), [], []];
    nodes = [openNode(), openNode()];
  };
  before(async () => {
    server = await startRedis();
    redis = new Redis(server.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 50 });
    redis.on("error", () => undefined);
    await new Promise((resolve) => redis.once("ready", resolve));
  });
  beforeEach(begin);
  after(async () => {
    redis.disconnect();
    await server.stop();
  });

  const sessionOf = (n: number): string => `session-${String(n).padStart(12, "0")}`;
  const taken = (session: number, seq: number, more: object = {}, changes: { at?: number; subject?: string; household?: string; isQuiet?: boolean } = {}): TakenReport => {
    const { at = AT + (seq + 1) * 20_000, subject = "anonymous", household = `198.51.100.${session % 250}`, isQuiet = false } = changes;
    return { videoId: VIDEO, durationMs: DURATION_MS, report: withinDuration(parseUsageReport({ session: sessionOf(session), seq, ...more }), DURATION_MS), viewer: { subject, origin: { household, agent: "Browser/1" } }, isQuiet, at };
  };
  const find = (day = DAY): Promise<CountedDay | undefined> => usageDays(redis, usageScripts(redis), keys).find({ day, videoId: VIDEO });
  const counts = async (): Promise<Record<string, number>> => {
    const found = await find();
    return { ...Object.fromEntries([...(found?.tally ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))), viewers: found?.viewers ?? 0 };
  };
  const tell = async (reports: readonly TakenReport[], node = nodes[0]): Promise<void> => {
    for (const report of reports) node?.take(report);
    await node?.count();
  };

  it("comes to a view, a viewer, and how often each part was played by how many", async () => {
    await tell([taken(1, 0, { ranges: [[0, 4]], startupMs: 400 }), taken(1, 1, { ranges: [[4, 6], [0, 2]], seeks: [[6, 0]] }), taken(2, 0, { ranges: [[1, 2]] })]);
    expect(await counts()).to.deep.equal({
      sessions: 2, views: 1, viewers: 1, watchMs: 9_000, startups: 1, startupMs: 400, "startup.1": 1, "seek.2.0": 1,
      "heat.0": 2_000, "heat.1": 3_000, "heat.2": 1_000, "heat.3": 1_000, "heat.4": 1_000, "heat.5": 1_000, "reach.0": 1, "reach.1": 2, "reach.2": 1, "reach.3": 1, "reach.4": 1, "reach.5": 1,
    });
    expect(started).to.deep.equal([sessionOf(1), sessionOf(2)]);
  });

  it("comes to the same in any order, over any node, and however often", async () => {
    const part = fc.tuple(fc.integer({ min: 0, max: 55 }), fc.integer({ min: 1, max: 9 }));
    const sessions = fc.array(fc.array(part, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(fc.asyncProperty(sessions, fc.infiniteStream(fc.nat(1_000)), async (given, chance) => {
      const reports = given.flatMap((parts, session) => parts.map(([from, length], seq) => taken(session, seq, { ranges: [[from, from + length]], seeks: [[from, 0]], ended: seq % 2 === 1 }, { at: AT })));
      begin();
      await tell(reports);
      const inOrder = await counts();
      begin();
      const next = (): number => chance.next().value ?? 0;
      const mixed = [...reports, ...reports.filter(() => next() % 2 === 0)].map((report) => ({ report, at: next() })).toSorted((a, b) => a.at - b.at);
      for (const { report, at } of mixed) nodes[at % 2]?.take(report);
      await Promise.all(nodes.map((node) => node.count()));
      expect(await counts()).to.deep.equal(inOrder);
      expect(inOrder["watchMs"]).to.equal(given.flat().reduce((sum, [from, length]) => sum + 1_000 * (Math.min(60, from + length) - from), 0));
    }), { numRuns: 25 });
  });

  it("is whole when nine tenths were seen, once a session", async () => {
    await tell([taken(1, 0, { ranges: [[0, 30]] }), taken(1, 1, { ranges: [[30, 52.9]] })]);
    expect(await counts()).to.not.have.property("completions");
    await tell([taken(1, 2, { ranges: [[52, 60]] }), taken(1, 3, { ranges: [[0, 60]] })]);
    expect([bucketsOf(DURATION_MS), (await counts())["completions"]]).to.deep.equal([60, 1]);
  });

  it("counts for nothing beyond the time that has passed, at four times the speed at most", async () => {
    await tell(Array.from({ length: 40 }, (_, seq) => taken(1, seq, { ranges: [[0, 60, 16], [0, 60, 16]] }, { at: AT })));
    const first = (await counts())["watchMs"] ?? 0;
    expect(first).to.equal(3 * 120_000); // ninety seconds of grace, at four times the speed
    await tell([taken(1, 50, { ranges: [[0, 60, 4]] }, { at: AT + 15_000 }), taken(1, 51, { ranges: [[0, 60, 4]] }, { at: AT + 15_000 })]);
    expect((await counts())["watchMs"]).to.equal(first + 60_000);
  });

  it("is of stalls and the first picture no more than the time that has passed, beside what was watched", async () => {
    await tell(Array.from({ length: 30 }, (_, seq) => taken(1, seq, { stallsMs: [20_000, 20_000] }, { at: AT })));
    expect(await counts()).to.include({ stalls: 4, stallMs: 80_000 }); // ninety seconds of grace
    await tell([taken(1, 40, { ranges: [[0, 10]] }, { at: AT }), taken(1, 41, { ranges: [[0, 10]], startupMs: 10_001, stallsMs: [1] }, { at: AT + 20_000 }), taken(1, 42, { startupMs: 10_000 }, { at: AT + 20_000 })]);
    expect(await counts()).to.include({ stalls: 4, watchMs: 20_000, startups: 1, startupMs: 10_000 });
    await tell([taken(1, 43, { ranges: [[0, 1]] }, { at: AT + 20_000 })]);
    expect((await counts())["watchMs"]).to.equal(20_000);
  });

  it("is of acts two a second, and what is watched meanwhile counts in any case", async () => {
    const acts = { pauses: 60, seeks: Array.from({ length: 60 }, () => [0, 30]), switchesUp: 30, switchesDown: 29 };
    await tell([taken(1, 0, { ...acts, ranges: [[0, 1]] }, { at: AT }), taken(1, 1, { ...acts, ranges: [[1, 2]] }, { at: AT })]);
    expect(await counts()).to.include({ watchMs: 2_000, pauses: 60, "seek.0.10": 60, switchesUp: 30, switchesDown: 29 });
    await tell([taken(1, 2, { stallsMs: [0] }, { at: AT }), taken(1, 3, { stallsMs: [0] }, { at: AT })]);
    expect(await counts()).to.include({ stalls: 1 });
    await tell([taken(1, 4, { pauses: 20 }, { at: AT + 10_000 }), taken(1, 5, { pauses: 1 }, { at: AT + 10_000 })]);
    expect(await counts()).to.include({ pauses: 80 });
  });

  it("is of one first picture and one end a session, by whichever node they come", async () => {
    await Promise.all(nodes.map((node, n) => tell(Array.from({ length: 10 }, (_, seq) => taken(1, 10 * n + seq, { ranges: [[0, 1]], startupMs: 400, ended: true })), node)));
    expect(await counts()).to.include({ sessions: 1, startups: 1, startupMs: 400, "startup.1": 1, ends: 1, watchMs: 20_000 });
  });

  it("is told as far as it counts, and whether the session has watched anything", async () => {
    await tell([taken(1, 0, { stallsMs: [500], startupMs: 400, ended: true }), taken(1, 1, { ranges: [[0, 1]], stallsMs: [3_600_000], startupMs: 400 }), taken(1, 2, { stallsMs: [700] })]);
    expect(admitted.map(([{ stallsMs, startupMs, ended }, { mediaMs }]) => [stallsMs, startupMs, ended, mediaMs])).to.deep.equal([[[500], 400, true, 0], [[], undefined, false, 1_000], [[700], undefined, false, 1_000]]);
  });

  it("of one household is five hundred sessions a day for a video, and whatever these watch one viewer", async () => {
    await tell(Array.from({ length: 700 }, (_, session) => taken(session, 0, { ranges: [[0, 10]] }, { household: "203.0.113.9" })));
    await tell([taken(9_999, 0, { ranges: [[0, 10]] })]);
    expect(await counts()).to.include({ sessions: 501, views: 501, viewers: 2, watchMs: 5_010_000 });
  });

  it("counts a person with a log-in once, wherever they are, and nobody who asks not to be followed", async () => {
    const watch = { ranges: [[0, 10]] };
    await tell([taken(1, 0, watch, { subject: "login:anna", household: "198.51.100.1" }), taken(2, 0, watch, { subject: "login:anna", household: "203.0.113.7" }), taken(3, 0, watch, { subject: "key:0123" }), taken(4, 0, watch, { isQuiet: true })]);
    expect(await counts()).to.include({ views: 4, viewers: 2 });
  });

  it("counts a browser once, whichever links lead it to the video: its page takes another each time", async () => {
    const watch = { ranges: [[0, 10]] };
    await tell(["link:one", "link:two", "link:three"].map((subject, session) => taken(session, 0, watch, { subject, household: "198.51.100.1" })));
    expect(await counts()).to.include({ views: 3, viewers: 1 });
    await tell([taken(4, 0, watch, { subject: "link:one", household: "203.0.113.7" }), taken(5, 0, watch, { household: "198.51.100.1" })]);
    expect(await counts()).to.include({ views: 5, viewers: 3 });
  });

  it("leaves nobody's name in Redis, nor one that outlives the day", async () => {
    const agents = ["login:anna", "198.51.100.77", "Browser/1"];
    await tell([taken(1, 0, { ranges: [[0, 10]] }, { subject: "login:anna", household: "198.51.100.77" })]);
    const all = await redis.keys(`${keys.usageDirty.split(":")[0]}:*`);
    const dumped = await Promise.all(all.map((key) => redis.dumpBuffer(key)));
    for (const name of agents) expect([...all, ...dumped.map((bytes) => bytes?.toString("latin1") ?? "")].filter((text) => text.includes(name)), name).to.deep.equal([]);
    const kept = await Promise.all(all.filter((key) => ![keys.usageDirty, keys.usageOpen].includes(key)).map((key) => redis.ttl(key)));
    expect(kept.every((sec) => sec > 0 && sec <= 4 * 86_400)).to.equal(true);
    const names = viewerNames(redis, keys);
    const anna = { subject: "login:anna", origin: { household: "h", agent: "a" } };
    expect((await names.of(DAY)).viewer(anna)).to.equal((await viewerNames(redis, keys).of(DAY)).viewer(anna), "on every node");
    expect((await names.of(DAY)).viewer(anna)).to.not.equal((await names.of("2026-11-27")).viewer(anna));
  });

  it("is counted by the day on which it came", async () => {
    await tell([taken(1, 0, { ranges: [[0, 10]] }, { at: Date.parse("2026-11-26T23:59:59Z") }), taken(1, 1, { ranges: [[10, 20]] }, { at: Date.parse("2026-11-27T00:00:01Z") })]);
    expect([(await find())?.tally.get("watchMs"), (await find("2026-11-27"))?.tally.get("watchMs"), (await find("2026-11-27"))?.tally.get("views")]).to.deep.equal([10_000, 10_000, undefined]);
  });

  it("waits while Redis is away, and is counted once when it is back", async () => {
    const own = await startRedis();
    const apart = new Redis(own.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 50 });
    apart.on("error", () => undefined);
    await new Promise((resolve) => apart.once("ready", resolve));
    let dropped = 0;
    let failed = 0;
    const node = openUsageCounter({ run: usageScripts(apart), keys, names: viewerNames(apart, keys), clock: { after: () => () => undefined }, onCount: () => undefined, onDrop: () => { dropped++; }, onError: () => { failed++; } });
    await tell([taken(1, 0, { ranges: [[0, 10]] })], node);
    await own.stop();
    await tell([taken(1, 1, { ranges: [[10, 20]] }), taken(2, 0, { ranges: [[0, 10]] })], node);
    expect([failed, node.waiting()]).to.deep.equal([1, 2]);
    for (let seq = 0; seq < 20_000; seq++) node.take(taken(3, 0));
    expect([dropped, node.waiting()]).to.deep.equal([2, 20_000]);
    const again = await startRedis({ port: own.port });
    try {
      if (apart.status !== "ready") await new Promise((resolve) => apart.once("ready", resolve));
      await node.count();
      const found = await usageDays(apart, usageScripts(apart), keys).find({ day: DAY, videoId: VIDEO });
      expect([found?.tally.get("watchMs"), found?.tally.get("sessions"), node.waiting()], "what Redis had is lost, as all of it may be, and no session is another").to.deep.equal([20_000, 2, 0]);
    } finally {
      apart.disconnect();
      await again.stop();
    }
  });

  it("counts once, though nobody knows whether it did", async () => {
    const run = usageScripts(redis);
    const lost = new Set(["admit", "merge"]);
    const node = openUsageCounter({
      keys, names: viewerNames(redis, keys), clock: { after: () => () => undefined }, onCount: () => undefined, onDrop: () => undefined, onError: () => undefined,
      async run(script, ...args) {
        const answer = await run(script, ...args);
        if (lost.delete(script)) throw new Error("the answer was lost");
        return answer;
      },
    });
    const report = taken(1, 0, { ranges: [[0, 10]] });
    await tell([report], node);
    await tell([report], nodes[1]); // the same from a player that heard nothing, by way of another node
    expect([lost.size, node.waiting(), await find()]).to.deep.equal([1, 1, undefined]);
    await node.count();
    expect([lost.size, node.waiting()]).to.deep.equal([0, 0]);
    await node.count();
    expect(await counts()).to.include({ watchMs: 10_000, views: 1, viewers: 1, "reach.3": 1 });
  });

  it("makes no second view of one that goes on when Redis has lost everything", async () => {
    await tell([taken(1, 0, { ranges: [[0, 10]] }), taken(2, 0, { ranges: [[0, 3]] })]);
    await redis.del(...(await redis.keys(`${keys.usageDirty.split(":")[0]}:*`)));
    await tell([taken(1, 1, { ranges: [[10, 30]] }), taken(2, 1, { ranges: [[3, 9]] }), taken(3, 0, { ranges: [[0, 10]] })]);
    expect(await counts()).to.include({ sessions: 1, views: 2, viewers: 2, watchMs: 36_000 });
  });
});
