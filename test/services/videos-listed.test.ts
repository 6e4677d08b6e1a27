/** The list of videos in a Redis that was started empty, or cut, while nodes run. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { redisKeys } from "../../config/redis-keys.ts";
import { systemClock, type Clock } from "../../mixins/clock.ts";
import { catalog, type Catalog } from "../../services/videos/catalog.ts";
import { keepCatalogWhole, makeCatalogWhole, type WholeCatalogPorts } from "../../services/videos/whole-catalog.ts";
import { makeRecord } from "../support/sample-record.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

const ID = (n: number): string => String(n).padStart(26, "0");

describe("the list of videos", () => {
  let redis: Redis;
  let list: Catalog;
  let ports: WholeCatalogPorts;
  let found: string[];
  let deleted: Set<string>;

  before(async () => { redis = new Redis((await sharedRedis()).url); });
  after(() => redis.disconnect());
  beforeEach(() => {
    const keys = redisKeys(freshNamespace());
    [list, found, deleted] = [catalog(redis, keys), [], new Set()];
    ports = {
      redis, keys, catalog: list, clock: systemClock, logger: { info: () => undefined, warn: () => undefined, debug: () => undefined },
      store: {
        async *allIds() { for (let n = 0; n < 1_200; n++) yield ID(n); },
        async find(id) {
          found.push(id);
          return { record: makeRecord({ id, tenant: "physics" }), deleted: deleted.has(id) } as Awaited<ReturnType<WholeCatalogPorts["store"]["find"]>>;
        },
      },
    };
  });
  const add = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) await list.add(makeRecord({ id: ID(n), tenant: "physics" }));
  };
  const listed = async (tenant?: string): Promise<string[]> => (await list.page(2_000, undefined, tenant)).ids.toSorted();

  it("is whole again, and only what was missing is read", async () => {
    await add(3, 1_199);
    deleted.add(ID(1));
    expect(await makeCatalogWhole(ports)).to.equal(3);
    expect(found).to.deep.equal([ID(0), ID(1), ID(2), ID(1_199)]);
    for (const tenant of [undefined, "physics"]) expect(await listed(tenant)).to.have.lengthOf(1_199).and.not.include(ID(1));
  });

  it("is looked at once in a run of Redis, by one node, and again in the next run", async () => {
    await add(0, 1_200);
    await list.remove(makeRecord({ id: ID(7), tenant: "physics" }));
    await redis.set(ports.keys.catalogLook, "another node", "EX", 60);
    expect(await makeCatalogWhole(ports)).to.equal(0);
    await redis.del(ports.keys.catalogLook);
    await redis.set(ports.keys.catalogWhole, "the run before");
    expect(await makeCatalogWhole(ports)).to.equal(1);
    await list.remove(makeRecord({ id: ID(7), tenant: "physics" }));
    expect(await makeCatalogWhole(ports)).to.equal(0);
    expect(await redis.ttl(ports.keys.catalogWhole)).to.be.above(3_600);
    expect(await redis.exists(ports.keys.catalogLook)).to.equal(0);
  });

  it("is tried again after a store that was away, and no more when the node stops", async () => {
    const due: (() => void)[] = [];
    const clock: Clock = { ...systemClock, after: (_ms, work) => (due.push(work), () => void due.splice(0)) };
    const broken = { ...ports.store, allIds: async function* (): AsyncGenerator<string> { yield ID(1); throw new Error("staged"); } };
    let store: WholeCatalogPorts["store"] = broken;
    const end = keepCatalogWhole({ ...ports, clock, get store() { return store; } });
    const tick = async (): Promise<void> => {
      due.shift()?.();
      while (due.length === 0) await new Promise(setImmediate);
    };
    await tick();
    expect(await listed()).to.deep.equal([]);
    store = ports.store;
    await tick();
    expect(await listed(), "not while the look that failed may go on").to.deep.equal([]);
    await redis.del(ports.keys.catalogLook);
    await tick();
    expect(await listed()).to.have.lengthOf(1_200);
    await end();
    expect(due).to.deep.equal([]);
  });
});
