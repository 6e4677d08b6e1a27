/** Capacity of a mesh with two regions on real NATS, each with a real Redis, one of which is the test's own to empty. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { ServiceBroker, type Context } from "moleculer";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { registerMetrics } from "../../config/metrics/register-metrics.ts";
import { meshView } from "../../config/placement/mesh-view.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import type { Clock } from "../../mixins/clock.ts";
import type { CapacityAnswer, Outlook, PlanAnswer } from "../../services/capacity/capacity.contract.ts";
import { capacityService } from "../../services/capacity/capacity.service.ts";
import type { Keeper } from "../../services/capacity/keeper.ts";
import { parseCountsObject } from "../../services/capacity/stored/stored-counts.ts";
import { dayOf, formatDay, parseDay, SLOT_MS } from "../../services/capacity/load/load-slot.ts";
import type { Bell, BellsParams } from "../../services/forecast/forecast.contract.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { eventually } from "../support/eventually.ts";
import { memoryStore } from "../support/memory-store.ts";
import type { TestServer } from "../support/nats.ts";
import { startRedis } from "../support/redis.ts";
import { freshNamespace, sharedNats, sharedRedis } from "../support/servers.ts";
import { DAY_MS, HOUR_MS, makeSlots, MONDAY } from "../unit/services/capacity/made-weeks.ts";

const NOW = MONDAY + 29 * DAY_MS + 8 * HOUR_MS;
const CAPACITY = { targetUse: 0.6, min: 1, max: 50, leadMs: 300_000, gatewayMbps: 1_000, prices: { currency: "EUR", of: { "egress-gb": 0.1, "stored-gb-month": 0.02 } } };

interface Tended { keeper: Pick<Keeper, "tend"> }

/** Nothing is done on it by itself: `pass` has the nodes do it. */
function handClock(): Clock & { ms: number } {
  const never = () => () => undefined;
  return { ms: NOW, date() { return this.ms; }, now() { return this.ms; }, after: never, every: never, random: () => 0.5 };
}

describe("the capacity of a mesh", function () {
  this.timeout(60_000);
  const namespace = freshNamespace();
  const keys = redisKeys(namespace);
  const store = memoryStore();
  const clock = handClock();
  let redis: TestServer;
  let inRedis: Redis;
  let one: ServiceBroker;
  let other: ServiceBroker;
  let american: ServiceBroker;
  let gateway: ServiceBroker;
  let encodes = 0;
  let sent = 0;
  let bells: Bell[] = [];
  const gone = new Set<ServiceBroker>();

  const open = async (nodeId: string, region: string, services: string): Promise<ServiceBroker> => {
    const broker = new ServiceBroker({ ...brokerOptions(loadConfig({ LECTERN_NATS_URL: (await sharedNats()).url, LECTERN_NAMESPACE: namespace, LECTERN_NODE_ID: nodeId, LECTERN_REGION: region, LECTERN_SERVICES: services })), logger: false });
    if (services === "transcoder") {
      meshView(broker).own.measureSlots(() => ({ slots: 4, play: encodes, background: 0, waiting: 0, speed: undefined }));
      return broker;
    }
    if (services === "gateway") {
      registerMetrics(broker, "gateway");
      return broker;
    }
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => (region === "eu" ? store : memoryStore())));
    if (region === "eu") broker.createService({ name: "forecast", actions: { bells: ({ params: { from, to } }: Context<BellsParams>) => bells.filter(({ at }) => at >= from && at < to) } });
    const redisUrl = region === "eu" ? redis.url : (await sharedRedis()).url;
    broker.createService(capacityService({ redisUrl, namespace, region, timeZone: "UTC", capacity: CAPACITY, slots: 2 }, clock));
    return broker;
  };
  const outlook = (broker: ServiceBroker): Promise<Outlook> => broker.call("capacity.outlook", undefined, { nodeID: broker.nodeID });
  const living = (): ServiceBroker[] => [one, other].filter((node) => !gone.has(node));
  /** Moves time on, and has every node look as it goes by. */
  const pass = async (ms: number): Promise<void> => {
    for (const until = clock.ms + ms; clock.ms < until;) {
      clock.ms += 30_000;
      for (const node of living()) await (node.getLocalService("capacity") as unknown as Tended).keeper.tend();
    }
  };

  before(async () => {
    redis = await startRedis();
    inRedis = new Redis(redis.url).on("error", () => undefined); // it is killed in the end
    for (const [day, slots] of Map.groupBy(makeSlots(MONDAY, NOW - HOUR_MS), ({ at }) => dayOf(at))) store.objects.set(objectKeys.capacityDay("eu", day), formatDay(slots));
    const nodes = await Promise.all([open("eu-1", "eu", "scheduler"), open("eu-2", "eu", "scheduler"), open("us-1", "us", "scheduler"), open("eu-t", "eu", "transcoder"), open("eu-g", "eu", "gateway")]);
    [one, other, american, , gateway] = nodes as [ServiceBroker, ServiceBroker, ServiceBroker, ServiceBroker, ServiceBroker];
    await Promise.all(nodes.map((node) => node.start()));
    await eventually(() => ["eu-1", "eu-2"].every((id) => [one, other].every((node) => node.registry.nodes.get(id)?.available === true) && meshView(one).book.look("eu-t").report !== undefined && meshView(other).book.look("eu-t").report !== undefined));
  });
  after(async () => {
    await Promise.all([one, other, american, gateway].map((node) => node.stop()));
    inRedis.disconnect();
    await redis.stop();
  });

  it("expects what the weeks in the store had, and measures what is there", async () => {
    encodes = 3;
    await eventually(() => meshView(one).book.look("eu-t").report?.play === 3 && meshView(other).book.look("eu-t").report?.play === 3);
    await pass(3 * SLOT_MS);
    const { now, desired, basis, forecast, past, why } = await outlook(one);
    expect([basis, now.transcoders, now.slots, now.play]).to.deep.equal(["weeks", 1, 4, 3]);
    expect(desired).to.equal(2); // 3 slots at 60 %, four a node
    expect(why).to.match(/^3\.\d slots of viewers' encodes are expected in eu about 08:\d\d/);
    expect(Math.max(...forecast.map(({ p50 }) => p50))).to.be.within(10, 20); // more than usual was there
    expect(past.at(-1)?.play).to.be.closeTo(3, 0.5);
  });

  it("says the same on each node of a region, and on /metrics", async () => {
    expect((await outlook(other)).desired).to.equal((await outlook(one)).desired);
    const gauge = other.metrics.getMetric("lectern_capacity_desired_transcoders")?.snapshot()[0];
    expect(gauge).to.deep.include({ value: 2, labels: { region: "eu" } });
  });

  it("measures what gateways send, and plans by it, by what the store holds, and by the prices", async () => {
    const step = async (): Promise<void> => {
      registerMetrics(gateway, "gateway").add("lectern_http_sent_bytes_total", 30_000_000);
      sent += 30_000_000;
      await eventually(() => [one, other].every((node) => meshView(node).book.look("eu-g").report?.bytes?.sent === sent));
      await pass(30_000);
    };
    await eventually(() => [one, other].every((node) => meshView(node).book.look("eu-g").report?.bytes !== undefined));
    await pass(30_000);
    for (let n = 0; n < 2; n++) await step(); // an outlook is made once a minute
    expect((await outlook(one)).now.sentMbps).to.equal(8);
    await step();
    const held = [...store.objects.values()].reduce((sum, { length }) => sum + length, 0);
    const { regions } = await one.call<PlanAnswer, object>("capacity.plan", { factor: "10", videos: "1" });
    const { today, planned, stored } = regions[0]?.needs ?? expect.fail("there is no plan");
    expect(today.peakMbps).to.be.within(0.5, 8);
    expect(planned.egressBytes).to.be.closeTo(10 * (today.egressBytes ?? 0), 10);
    expect(today.costs?.egress).to.be.greaterThan(0);
    expect(stored?.objects).to.be.at.least(29); // a day's object each
    expect(stored?.bytes).to.be.within(0.8 * held, held);
    expect(regions[1]?.needs.today.egressBytes, "one look at a region tells of no traffic").to.equal(null);
  });

  it("asks every region, and names the one that does not answer", async () => {
    const { regions, missing } = await one.call<CapacityAnswer>("capacity.list");
    expect([regions.map(({ region, basis }) => `${region} ${basis}`), missing]).to.deep.equal([["eu weeks", "us recent"], []]);
    const plan = await one.call<PlanAnswer, object>("capacity.plan", { factor: "10" });
    expect(plan.regions[0]?.grown.transcoders).to.be.within(45, 100); // 12 to 20 slots, ten times, at 60 %, four each
    await american.stop();
    await eventually(async () => (await one.call<CapacityAnswer>("capacity.list")).regions.length === 1);
  });

  it("goes on when the node dies that wrote: what another measured is there", async () => {
    const count = async (): Promise<number> => Object.keys(await inRedis.hgetall(keys.load("eu", dayOf(NOW)))).length;
    const before = await count();
    await inRedis.set(keys.capacityLease("eu"), one.nodeID, "PX", 3_600_000); // it took the lease, and hangs
    await pass(3 * SLOT_MS);
    expect(await count(), "nobody writes while it is held").to.equal(before);
    gone.add(one);
    await one.stop();
    await inRedis.del(keys.capacityLease("eu")); // its end comes by itself
    await pass(SLOT_MS);
    expect(await count(), "also what was measured meanwhile").to.be.at.least(before + 3);
  });

  it("keeps what it measured in the store, and has it again when Redis is lost", async () => {
    await pass(13 * SLOT_MS);
    const day = dayOf(clock.ms);
    const kept = (): number => parseDay(day, store.objects.get(objectKeys.capacityDay("eu", day)) ?? null).filter(({ at, play }) => at >= NOW && play === 3).length;
    const stored = kept();
    expect(stored).to.be.at.least(8); // once an hour is enough
    await inRedis.flushall();
    await pass(2 * SLOT_MS);
    const { basis, forecast, historyHours } = await outlook(other);
    expect(basis).to.equal("weeks");
    expect(historyHours).to.be.greaterThan(28 * 24);
    expect(Math.max(...forecast.map(({ p50 }) => p50))).to.be.greaterThan(3);
    const { regions: [plan] } = await other.call<PlanAnswer, object>("capacity.plan", { factor: 1 });
    expect(plan?.needs.stored, "as it was counted, not anew").to.deep.equal(parseCountsObject(store.objects.get(objectKeys.storedCounts("eu")) ?? null)[0]);
    expect(kept(), "what is written again is not less").to.be.at.least(stored);
    expect(Object.keys(await inRedis.hgetall(keys.load("eu", day))).length).to.be.at.least(stored);
  });

  it("has room for a lecture that a timetable tells of, for its viewers, and says so", async () => {
    const before = (await outlook(other)).forecast;
    const at = clock.ms - (clock.ms % SLOT_MS) + 6 * SLOT_MS;
    bells = [{ at, viewers: 2_000, course: "PHY-201" }, { at: at + 90 * DAY_MS, viewers: 50_000 }];
    await pass(2 * SLOT_MS);
    const { forecast, why, desired } = await outlook(other);
    const grown = forecast.map(({ at: moment, p50 }) => p50 - (before.find((slot) => slot.at === moment)?.p50 ?? p50));
    expect(Math.max(...grown)).to.be.greaterThan(5);
    clock.ms = at - 60_000;
    await pass(30_000);
    const near = await outlook(other);
    expect(near.desired).to.be.greaterThan(desired);
    expect(near.why).to.match(/PHY-201|2,?000/).and.not.equal(why);
    bells = [];
    clock.ms = at + 6 * SLOT_MS;
    await pass(SLOT_MS);
  });

  it("answers while Redis is away", async () => {
    await redis.kill();
    await eventually(async () => (await outlook(other).catch(() => undefined))?.basis === "weeks");
  });
});
