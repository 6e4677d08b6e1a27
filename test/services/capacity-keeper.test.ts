/** What a node's keeper does when the store, Redis, the clock or the other nodes are not as they should be: on a real Redis, by hand. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { ServiceBroker } from "moleculer";
import { objectKeys } from "../../config/object-keys.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { takeLock } from "../../mixins/redis-lock.ts";
import type { Outlook } from "../../services/capacity/capacity.contract.ts";
import { openLocalTime } from "../../services/capacity/forecast/local-time.ts";
import { openKeeper } from "../../services/capacity/keeper.ts";
import { openLoadHistory } from "../../services/capacity/load/load-history.ts";
import { dayOf, formatDay, SLOT_MS } from "../../services/capacity/load/load-slot.ts";
import type { LoadLook } from "../../services/capacity/load/slot-meter.ts";
import { parseCountsObject } from "../../services/capacity/stored/stored-counts.ts";
import { memoryStorageCalls } from "../support/memory-storage-calls.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { DAY_MS, HOUR_MS, MONDAY, slotAt } from "../unit/services/capacity/made-weeks.ts";

const NOW = MONDAY + 9 * HOUR_MS;
const MINUTE_MS = 60_000;
const NOBODY = "redis://127.0.0.1:1";
const COUNTS = objectKeys.storedCounts("eu");
const tenNodes = (play: number): LoadLook => ({ play, background: 0, cpu: play, slots: 160, transcoders: 10, queued: { play: 0, normal: 0, bulk: 0 } });

const never = () => () => undefined;

describe("the keeper of a region's load", () => {
  const logger = new ServiceBroker({ logger: false }).logger;
  let connections: Redis[] = [];
  let keys: ReturnType<typeof redisKeys>;
  let storage: ReturnType<typeof memoryStorageCalls>;
  let now: number;

  beforeEach(() => { [connections, keys, storage, now] = [[], redisKeys(freshNamespace()), memoryStorageCalls(), NOW]; });
  afterEach(() => { for (const redis of connections) redis.disconnect(); });

  async function openNode({ redisUrl = "" } = {}) {
    const redis = new Redis(redisUrl || (await sharedRedis()).url, { retryStrategy: () => null, enableOfflineQueue: redisUrl === "" }).on("error", () => undefined);
    connections.push(redis);
    const node = { look: tenNodes(4) as LoadLook | undefined, told: [] as number[] };
    const history = openLoadHistory({ region: "eu", redis, keys, storage, logger });
    const keeper = openKeeper({
      region: "eu", sizing: { targetUse: 0.5, min: 1, max: 100 }, slotsEach: 2, leadMs: 300_000, local: openLocalTime("UTC"), clock: { date: () => now, now: () => now, every: never, after: never, random: () => 0.5 },
      history, storage, countsObject: COUNTS, redis, outlookKey: keys.outlook("eu"), logger,
      look: async () => node.look, lectures: async () => [], lock: () => takeLock(redis, keys.capacityLease("eu"), "one", logger),
      onOutlook: ({ desired }: Outlook) => node.told.push(desired),
    });
    return { node, keeper };
  }

  it("says what is needed while the store is away, and keeps what it measured when that is back", async () => {
    const { node, keeper } = await openNode();
    const { put, list, get } = storage;
    const refuse = (): never => { throw new Error("The store is away."); };
    Object.assign(storage, { put: refuse, list: refuse, get: refuse });
    await keeper.tend();
    node.look = tenNodes(80);
    for (const until = now + 3 * SLOT_MS; now < until;) {
      now += MINUTE_MS;
      await keeper.tend();
    }
    expect(node.told.at(-1)).to.be.within(10, 15);
    Object.assign(storage, { put, list, get });
    now += MINUTE_MS;
    await keeper.tend();
    expect(storage.objects.has(objectKeys.capacityDay("eu", dayOf(now)))).to.equal(true);
    expect(parseCountsObject(storage.objects.get(COUNTS) ?? null).map(({ at }) => at)).to.deep.equal([now]);
  });

  it("changes nothing by a node that has just joined, nor by one that sees no transcoder", async () => {
    const { node, keeper } = await openNode();
    node.look = tenNodes(40);
    for (const until = now + 3 * SLOT_MS; now <= until; now += MINUTE_MS) await keeper.tend();
    const needed = node.told.at(-1) ?? 0;
    expect(needed).to.be.within(5, 8);
    const other = await openNode();
    other.node.look = undefined;
    now += 2 * MINUTE_MS;
    await other.keeper.tend();
    expect(other.node.told).to.deep.equal([needed]);
    other.node.look = { ...tenNodes(0), slots: 0, transcoders: 0 };
    await other.keeper.tend();
    expect(other.node.told.at(-1), "by transcoders of 16 slots, and not by its own two cores").to.equal(needed);
  });

  it("holds still without Redis, and does the hour's work once an hour", async () => {
    const { node, keeper } = await openNode({ redisUrl: NOBODY });
    const said: number[] = [];
    for (let minute = 0; minute < 20; minute++) {
      node.look = tenNodes(minute % 4 < 2 ? 96 : 8);
      await keeper.tend();
      said.push((await keeper.outlook()).desired);
      now += MINUTE_MS;
    }
    expect(said).to.deep.equal(Array(20).fill(12));
    for (let minute = 0; minute < 50; minute++, now += MINUTE_MS) await keeper.tend();
    expect(storage.calls.filter((call) => call === `put ${objectKeys.capacityDay("eu", dayOf(NOW))}`)).to.have.length(1);
  });

  it("removes none of the weeks that there are when a clock goes ahead, and counts none of that day's", async () => {
    for (let day = 1; day <= 4; day++) storage.objects.set(objectKeys.capacityDay("eu", dayOf(NOW - day * DAY_MS)), formatDay([slotAt(NOW - day * DAY_MS, 3)]));
    const { keeper } = await openNode();
    const days = (): string[] => [...storage.objects.keys()].filter((key) => key.startsWith(objectKeys.capacityDays("eu")) && key < objectKeys.capacityDay("eu", dayOf(NOW)));
    now = NOW + 58 * DAY_MS;
    await keeper.tend();
    expect(days()).to.have.length(4);
    now = NOW;
    for (let minute = 0; minute < 5; minute++, now += MINUTE_MS) await keeper.tend();
    const counts = parseCountsObject(storage.objects.get(COUNTS) ?? null);
    expect(counts.map(({ at }) => at)).to.deep.equal([NOW]);
  });
});
