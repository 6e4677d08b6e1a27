/** What is counted in a real Redis, on its way into the store, and read from both. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { takeLock } from "../../mixins/redis-lock.ts";
import { usageDays, type UsageDays } from "../../services/insights/usage-days.ts";
import { endUsageDays, type EndPorts } from "../../services/insights/usage-ends.ts";
import { usageReader } from "../../services/insights/usage-reader.ts";
import { usageScripts } from "../../services/insights/usage-scripts.ts";
import { usageStore, type UsageStore } from "../../services/insights/usage-store.ts";
import { sweepUsage } from "../../services/insights/usage-sweep.ts";
import { openUsageWriter, type UsageWriter, type WriterPorts } from "../../services/insights/usage-writer.ts";
import { memoryStorageCalls } from "../support/memory-storage-calls.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

const VIDEO = "01arz3ndektsv4rrffq69g5faw";
const DAY = "2026-11-26";
const NOON = Date.parse(`${DAY}T12:00:00Z`);
const NEXT_DAY = Date.parse("2026-11-27T00:11:00Z");

describe("counts on their way into the store", () => {
  let redis: Redis;
  let keys: RedisKeys;
  let storage: ReturnType<typeof memoryStorageCalls>;
  let store: UsageStore;
  let days: UsageDays;
  let now: number;
  let writers: UsageWriter[];
  let merges = 0;
  const { logger } = quietBroker();

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());
  beforeEach(() => {
    keys = redisKeys(freshNamespace());
    storage = memoryStorageCalls();
    store = usageStore(storage, "eu");
    days = usageDays(redis, usageScripts(redis), keys);
    [now, writers] = [NOON, []];
  });
  afterEach(() => Promise.all(writers.map((writer) => writer.close())));

  function openWriter(changes: Partial<WriterPorts> = {}): UsageWriter {
    const clock = { after: () => () => undefined, date: () => now, random: () => 0.5 };
    const writer = openUsageWriter({ days, store, findTenant: async () => "physics", lock: () => takeLock(redis, keys.usageWriter, `node-${writers.length}`, logger), clock, logger, ...changes });
    writers.push(writer);
    return writer;
  }
  const merge = (counts: Record<string, number>, viewer = "anna", day = DAY): Promise<unknown> => usageScripts(redis)(
    "merge", keys.usageTold(String(++merges)), keys.usageDay(day, VIDEO), keys.usageViewers(day, VIDEO), keys.usageDirty, keys.usageOpen,
    `${day}/${VIDEO}`, 1_000, String(merges).padStart(16, "0"), 60_000, 1, viewer, ...Object.entries(counts).flat(),
  );
  const endDays = (changes: Partial<EndPorts> = {}): Promise<number> => endUsageDays({
    store, open: () => days.open(), keptDays: 400, clock: { date: () => now }, logger, lock: () => takeLock(redis, keys.usageEnder, "node-1", logger),
    endedUntil: async () => (await redis.get(keys.usageEnded)) ?? undefined, noteEnded: async (day) => void (await redis.set(keys.usageEnded, day)), ...changes,
  });
  const loseRedis = async (): Promise<void> => { await redis.del(keys.usageDay(DAY, VIDEO), keys.usageViewers(DAY, VIDEO), keys.usageDirty, keys.usageOpen, keys.usageWriter, keys.usageEnded); };
  const read = async (from = DAY, to = DAY): Promise<unknown[]> => (await usageReader(store, days, () => now).days(VIDEO, from, to)).map(({ day, viewers, tally }) => [day, viewers, Object.fromEntries(tally)]);
  const stored = (): string[] => [...storage.objects.keys()].toSorted();
  const storedDays = (): string[] => stored().flatMap((key) => /\/usage\/(.*)\/eu\./.exec(key)?.[1] ?? []);

  it("are read from where they are known best, before, while and after they are written", async () => {
    const [mine, others] = [openWriter(), openWriter()];
    await merge({ views: 1, watchMs: 10_000 });
    expect(await read()).to.deep.equal([[DAY, 1, { views: 1, watchMs: 10_000 }]]);
    await mine.write();
    await merge({ watchMs: 500, "heat.3": 7 }, "bert");
    const sum = [[DAY, 2, { views: 1, watchMs: 10_500, "heat.3": 7 }]];
    expect(await read()).to.deep.equal(sum);
    await Promise.all([mine.write(), others.write()]);
    await others.write();
    expect(await read()).to.deep.equal(sum);
    expect(stored()).to.have.length(2);
    expect(stored()[0]).to.match(new RegExp(`^usage/physics/2026-11/${VIDEO}$`));
    expect(stored()[1]).to.match(new RegExp(`^videos/${VIDEO}/usage/${DAY}/so-far/eu\\.\\d{16}\\.0000000002\\.json$`));
    await loseRedis();
    expect(await read()).to.deep.equal(sum);
  });

  it("go on beside what was written when Redis is lost: only what was not written goes", async () => {
    const writer = openWriter();
    await merge({ views: 2, watchMs: 20_000 });
    await writer.write();
    await merge({ watchMs: 1 });
    await loseRedis();
    await merge({ views: 1, watchMs: 3_000 });
    const sum = [[DAY, 2, { views: 3, watchMs: 23_000 }]];
    expect(await read()).to.deep.equal(sum);
    await writer.write();
    expect(await read()).to.deep.equal(sum);
    now = NEXT_DAY;
    await writer.write();
    expect([await read(), await redis.exists(keys.usageDay(DAY, VIDEO), keys.usageViewers(DAY, VIDEO))]).to.deep.equal([sum, 0]);
    expect(stored().filter((key) => key.includes("/usage/") && key.startsWith("videos/")).map((key) => key.includes("so-far"))).to.deep.equal([false, false]);
    expect(await days.open()).to.deep.equal([]);
  });

  it("are of different viewers as far as one part says: who came before and after Redis was lost, or in two regions, may be one", async () => {
    const writer = openWriter();
    await merge({ views: 1 });
    await merge({ views: 1 }, "bert");
    await writer.write();
    await loseRedis();
    await merge({ views: 1 });
    await usageStore(storage, "us").write(VIDEO, DAY, "f".repeat(16), 1, { durationMs: 60_000, viewers: 1, tally: new Map([["views", 1]]) }, true);
    expect((await usageReader(store, days, () => now).days(VIDEO, DAY, DAY)).map(({ viewers, different }) => [viewers, different])).to.deep.equal([[4, 2]]);
  });

  it("are written again by another when the one who wrote dies in between, with the same result", async () => {
    await merge({ views: 1 });
    for (const step of ["mark", "removeSoFar", "settle"] as const) {
      await merge({ watchMs: 100 });
      now = step === "settle" ? NEXT_DAY : NOON;
      const dying = openWriter({ store: { ...store, [step]: async () => { throw new Error("the node dies here"); } }, lock: async () => async () => undefined });
      await dying.write();
      const before = await read();
      await openWriter().write();
      expect(await read(), step).to.deep.equal(before);
    }
    expect(await read()).to.deep.equal([[DAY, 1, { views: 1, watchMs: 300 }]]);
  });

  it("stay in Redis when more comes while they are written", async () => {
    const writer = openWriter({ store: { ...store, async mark(...args) {
      await merge({ views: 5 });
      await store.mark(...args);
    } } });
    await merge({ views: 1 });
    now = NEXT_DAY;
    await writer.write();
    expect(await days.open()).to.have.length(1);
    await openWriter().write();
    expect([await read(), await days.open()]).to.deep.equal([[[DAY, 1, { views: 6 }]], []]);
  });

  it("of a deleted video go, and are not written; what was on its way is taken back", async () => {
    await merge({ views: 1 });
    await openWriter({ findTenant: async () => undefined }).write();
    expect([stored(), await read(), await days.open()]).to.deep.equal([[], [], []]);
    await merge({ views: 1 });
    storage.objects.set(`deleted/${VIDEO}.json`, Buffer.from("{}"));
    await openWriter().write();
    expect([stored(), await days.open()]).to.deep.equal([[`deleted/${VIDEO}.json`], []]);
  });

  it("wait in Redis while the store is away", async () => {
    const { put } = storage;
    storage.put = async () => { throw new Error("away"); };
    await merge({ views: 1 });
    await openWriter().write();
    storage.put = put;
    expect([stored(), (await days.dirty()).length]).to.deep.equal([[], 1]);
    await openWriter().write();
    expect(stored()).to.have.length(2);
  });

  it("are ended when Redis was lost and nobody watched again: once a day, by one node, whatever is found", async () => {
    await merge({ views: 2, watchMs: 20_000 });
    await openWriter().write();
    await loseRedis();
    expect(await endDays(), "the day goes on").to.equal(0);
    now = NEXT_DAY;
    await openWriter().write();
    expect(storedDays()).to.deep.equal([`${DAY}/so-far`]);
    expect((await Promise.all([endDays(), endDays()])).toSorted()).to.deep.equal([0, 1]);
    expect([storedDays(), await read()]).to.deep.equal([[DAY], [[DAY, 1, { views: 2, watchMs: 20_000 }]]]);
    const { calls: { length: before } } = storage;
    expect([await endDays(), storage.calls.length]).to.deep.equal([0, before]);
    await loseRedis();
    const all = stored();
    expect([await endDays(), stored()]).to.deep.equal([0, all]);
  });

  it("are not ended where Redis has more, nor when that was long ago", async () => {
    for (const day of ["2026-10-26", "2026-10-27", DAY]) {
      now = Date.parse(`${day}T12:00:00Z`);
      await merge({ views: 1 }, "anna", day);
      await openWriter().write();
      if (day !== DAY) await redis.del(keys.usageDay(day, VIDEO), keys.usageViewers(day, VIDEO), keys.usageDirty, keys.usageOpen);
    }
    now = NEXT_DAY;
    expect([await endDays({ keptDays: 1 }), await endDays({ endedUntil: async () => undefined })]).to.deep.equal([0, 1]);
    expect(storedDays()).to.deep.equal(["2026-10-26/so-far", "2026-10-27", `${DAY}/so-far`]);
  });

  it("are ended the next time where they could not be, and others meanwhile", async () => {
    await merge({ views: 1 });
    await openWriter().write();
    await loseRedis();
    const other = "01arz3ndektsv4rrffq69g5fzz";
    await store.write(other, DAY, "f".repeat(16), 1, { durationMs: 60_000, viewers: 1, tally: new Map([["views", 1]]) }, false);
    await store.mark("zoology", DAY, other);
    now = NEXT_DAY;
    const { list } = storage;
    storage.list = async () => { throw new Error("away"); };
    expect(await endDays().catch((error: unknown) => String(error))).to.equal("Error: away");
    storage.list = list;
    expect(await endDays({ store: { ...store, async settle(videoId, day) {
      if (videoId === VIDEO) throw new Error("of this one alone");
      await store.settle(videoId, day);
    } } })).to.equal(1);
    expect(storedDays()).to.deep.equal([`${DAY}/so-far`, DAY]);
    now += 86_400_000;
    expect([await endDays(), storedDays()]).to.deep.equal([1, [DAY, DAY]]);
  });

  it("go after so many days, and nothing else does", async () => {
    for (const day of ["2026-09-30", "2026-10-26", "2026-10-28", DAY]) await merge({ views: 1 }, "anna", day);
    now = NEXT_DAY;
    await openWriter().write();
    now = NOON;
    expect(await sweepUsage({ store, days: 30, clock: { date: () => now, after: () => () => undefined, random: () => 0 } })).to.equal(2);
    expect((await read("2026-01-01", DAY)).map((day) => (day as [string])[0])).to.deep.equal(["2026-10-28", DAY]);
    expect(stored().filter((key) => key.startsWith("usage/"))).to.deep.equal([`usage/physics/2026-10/${VIDEO}`, `usage/physics/2026-11/${VIDEO}`]);
  });
});
