/** Encryption above regions: what goes between them is what is stored, and its key is there before it. */
import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { encryptStore, type EncryptedStore } from "../../../../../services/storage/encryption/encrypted-store.ts";
import { keyRing } from "../../../../../services/storage/encryption/key-ring.ts";
import { localKey } from "../../../../../services/storage/encryption/local-key.ts";
import type { RegionalStore } from "../../../../../services/storage/regions/regional-store.ts";
import { eventually } from "../../../../support/eventually.ts";
import { stageRegions, type StagedRegions } from "../../../../support/staged-regions.ts";

const RECORD = "videos/v/record.json";
const SEGMENT = "videos/v/media/720p/0.m4s";
const KEY = "keys/videos/v/key.json";
const record = (home: string, ...standby: string[]): Buffer => Buffer.from(JSON.stringify({ id: "v", home, standby }));
const once = { ifAbsent: true };

describe("encrypted regions", () => {
  const ring = keyRing([localKey(randomBytes(32))]); // all have the same
  let regions: StagedRegions;
  beforeEach(() => { regions = stageRegions("us", "eu", "asia"); });
  afterEach(async () => { await regions.close(); });

  async function open(name: string, settings: Parameters<StagedRegions["open"]>[1] = {}, instance = `${name}-1`): Promise<{ store: EncryptedStore; regional: RegionalStore }> {
    const regional = await regions.open(name, settings, instance, { reveal: async (key, bytes) => await store.reveal(key, bytes) });
    const store: EncryptedStore = encryptStore(regional, ring);
    return { store, regional };
  }
  const has = (name: string, ...keys: string[]) => (): boolean => keys.every((key) => regions.objects(name).has(key));
  const isSame = (key: string) => (): boolean => regions.objects("eu").get(key)?.equals(regions.objects("us").get(key) ?? Buffer.alloc(0)) === true;

  it("have the record and its key in the second region when a post is answered, and in the third soon", async () => {
    const { store, regional } = await open("us");
    await store.prepare("v");
    expect(has("eu", KEY)()).to.equal(false); // a key of nothing goes nowhere
    const place = regional.place();
    expect(await store.put(RECORD, record(place.home, ...place.standby), { ...once, place })).to.deep.equal({ stored: true, copies: ["eu"] });
    expect([isSame(RECORD)(), isSame(KEY)()]).to.deep.equal([true, true]);
    expect(regions.objects("eu").get(RECORD)?.includes("standby")).to.equal(false);
    await eventually(has("asia", KEY, RECORD));
  });

  it("do not count a copy of a record whose key did not get there", async () => {
    const { store, regional } = await open("us");
    regions.objects("eu").set(KEY, Buffer.from(JSON.stringify({ version: 1, id: "00".repeat(8), by: "x", wrapped: "" })));
    await store.prepare("v");
    expect(await store.put(RECORD, record("us", "eu"), { ...once, place: regional.place() })).to.deep.equal({ stored: true, copies: [] });
    expect(has("eu", RECORD)()).to.equal(false); // where it could not be read it would be in the way
  });

  it("bring the key before what they bring, also to a region that was away and by a process that did not write it", async () => {
    const { store, regional } = await open("us");
    regions.away.add("eu");
    await eventually(() => regional.views().some(({ name, storeReachable }) => name === "eu" && !storeReachable));
    await store.put(RECORD, record("us", "eu"), { ...once, place: { home: "us", standby: ["eu"] } });
    await store.put(SEGMENT, Buffer.from("frames"), once);
    await regional.close();
    regions.leave("us-1");
    await open("us", {}, "us-2");
    regions.away.delete("eu");
    await eventually(has("eu", RECORD, SEGMENT, KEY));
    const puts = regions.askedOf("eu", "put ").filter((line) => !line.includes("heartbeat"));
    expect(puts.findIndex((line) => line.endsWith(KEY))).to.be.below(puts.findIndex((line) => line.endsWith(SEGMENT)));
    const eu = await open("eu");
    expect((await eu.store.get(SEGMENT))?.toString()).to.equal("frames");
  });

  it("read there what is not here, with the key that is there, and keep both here", async () => {
    const eu = await open("eu");
    await eu.store.put(RECORD, record("eu", "us"), { ...once, place: { home: "eu", standby: [] } });
    await eu.store.put(SEGMENT, Buffer.from("frames"), once);
    for (const key of [RECORD, KEY]) for (const name of ["us", "asia"]) regions.objects(name).delete(key);
    const us = await open("us");
    expect((await us.store.get(RECORD))?.equals(record("eu", "us"))).to.equal(true);
    expect((await us.store.get(SEGMENT))?.toString()).to.equal("frames");
    await eventually(has("us", KEY, RECORD, SEGMENT));
    expect(await us.regional.placement("v")).to.deep.equal({ home: "eu", standby: ["us"], worker: "eu", changes: 0 });
  });

  it("write on under the one key when another region goes on with a video, also one that lacks it", async () => {
    const us = await open("us");
    await us.store.put(RECORD, record("us", "eu"), { ...once, place: { home: "us", standby: ["eu"] } });
    const key = regions.objects("us").get(KEY);
    regions.objects("eu").delete(KEY);
    const eu = await open("eu");
    await eu.store.put("videos/v/verdict.json", Buffer.from("{}"), once);
    await eventually(() => regions.objects("us").has("videos/v/verdict.json"));
    expect((await us.store.get("videos/v/verdict.json"))?.toString()).to.equal("{}");
    expect(regions.objects("us").get(KEY)).to.equal(key);
  });

  it("keep apart what began in two regions by itself: each goes on reading its own", async () => {
    const both = { us: await open("us"), eu: await open("eu") };
    await Promise.all([both.us.store.prepare("v"), both.eu.store.prepare("v")]);
    for (const [name, { store }] of Object.entries(both)) await store.put(RECORD, record(name, "us", "eu"), { ...once, place: { home: name, standby: ["us", "eu"] } });
    await both.us.store.put(SEGMENT, Buffer.from("frames"), once);
    await eventually(() => Object.values(both).every(({ regional }) => regional.views().every(({ storeReachable, waiting }) => storeReachable && waiting === 0)));
    for (const [name, { store }] of Object.entries(both)) expect((await store.get(RECORD))?.equals(record(name, "us", "eu"))).to.equal(true);
    expect((await both.us.store.get(SEGMENT))?.toString()).to.equal("frames");
    expect(has("eu", SEGMENT)()).to.equal(false);
  });

  it("lose the key everywhere with a deletion, before the rest, also where a region was away", async () => {
    const { store, regional } = await open("us");
    await store.put(RECORD, record("us", "eu"), { ...once, place: regional.place() });
    await store.put(SEGMENT, Buffer.from("frames"), once);
    await store.put("uploads/u/upload.json", Buffer.from("{}")).catch(() => undefined);
    await eventually(has("eu", KEY, RECORD, SEGMENT));
    await eventually(has("asia", KEY, RECORD));
    regions.away.add("asia");
    await eventually(() => regional.views().some(({ name, storeReachable }) => name === "asia" && !storeReachable));
    await store.put("deleted/v.json", Buffer.from("{}"), once);
    await store.erase("videos/v/");
    regions.away.clear();
    await eventually(() => ["us", "eu", "asia"].every((name) => [...regions.objects(name).keys()].every((key) => !key.includes("videos/v"))));
    for (const name of ["us", "eu", "asia"]) {
      expect(regions.askedOf(name, "erase").filter((line) => line.includes("videos/v/")).slice(0, 2), name).to.deep.equal([`${name} erase ${KEY}`, `${name} erase videos/v/`]);
    }
  });

  it("bring an upload's key before it, and take it away first", async () => {
    const { store } = await open("us");
    await store.put("uploads/u/begun.json", Buffer.from("{}"));
    await store.put("uploads/u/source", Buffer.from("bytes"));
    await store.put("uploads/u/upload.json", Buffer.from("{}"));
    await eventually(has("eu", "uploads/u/upload.json", "uploads/u/source", "keys/uploads/u/key.json"));
    const eu = await open("eu");
    expect((await eu.store.get("uploads/u/source"))?.toString()).to.equal("bytes");
    await store.erase("uploads/u/");
    await eventually(() => [...regions.objects("eu").keys()].every((key) => !key.includes("uploads/u")));
  });
});
