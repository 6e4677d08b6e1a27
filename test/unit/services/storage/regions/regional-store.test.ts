import { expect } from "chai";
import type { RegionalStore } from "../../../../../services/storage/regions/regional-store.ts";
import { eventually } from "../../../../support/eventually.ts";
import { rejection } from "../../../../support/rejection.ts";
import { stageRegions, type StagedRegions } from "../../../../support/staged-regions.ts";

const RECORD = "videos/v/record.json";
const SEGMENT = "videos/v/media/720p/0.m4s";
const bytes = Buffer.from("some bytes");
const record = (home: string, ...standby: string[]): Buffer => Buffer.from(JSON.stringify({ id: "v", home, standby }));

describe("a store with other regions behind it", () => {
  let regions: StagedRegions;
  let us: RegionalStore;
  const start = async (settings: Parameters<StagedRegions["open"]>[1] = {}): Promise<void> => {
    regions = stageRegions("us", "eu", "asia");
    us = await regions.open("us", settings);
  };
  const keysOf = (name: string, prefix = ""): string[] => [...regions.objects(name).keys()].filter((key) => key.startsWith(prefix)).toSorted();
  const has = (name: string, key: string) => (): boolean => regions.objects(name).has(key);
  afterEach(async () => { await regions?.close(); });

  async function accept(): Promise<void> {
    const place = us.place();
    await us.put("open/v", bytes, { place });
    await us.put(RECORD, record(place.home, ...place.standby), { ifAbsent: true });
  }

  describe("writes", () => {
    it("have a record and the mark to stand by in the second region when they answer, and in the third soon", async () => {
      await start();
      expect(us.place()).to.deep.equal({ home: "us", standby: ["eu"] });
      await us.put("open/v", bytes, { place: us.place() });
      expect(await us.put(RECORD, record("us", "eu"), { ifAbsent: true })).to.deep.equal({ stored: true, copies: ["eu"] });
      expect(keysOf("eu").filter((key) => !key.startsWith("heartbeat/"))).to.deep.equal(["standby/us/v", RECORD]);
      await eventually(has("asia", RECORD));
      expect(keysOf("asia", "standby/")).to.deep.equal([]);
    });

    it("have the key of a protected video in the second region before anybody is told of the video, and in the third soon", async () => {
      await start();
      const key = "videos/v/content-key.json";
      expect(await us.put(key, bytes, { ifAbsent: true, place: us.place() })).to.deep.equal({ stored: true, copies: ["eu"] });
      expect(has("eu", key)()).to.equal(true);
      await eventually(has("asia", key));
    });

    it("wait for one answer of the second region, and not for whether the video was deleted there meanwhile, which is seen to", async () => {
      await start({ syncWaitMs: 60_000 });
      const release = regions.hold("eu head deleted/v.json");
      expect(await us.put(RECORD, record("us", "eu"), { ifAbsent: true })).to.deep.equal({ stored: true, copies: ["eu"] });
      regions.objects("eu").set("deleted/v.json", bytes);
      release();
      await eventually(() => !regions.objects("eu").has(RECORD));
    });

    it("do not wait for a region that is away, say so, and take the next one for the standby", async () => {
      await start({ sync: "all" });
      regions.away.add("eu");
      await eventually(() => us.views().some(({ name, storeReachable }) => name === "eu" && !storeReachable));
      expect(us.place()).to.deep.equal({ home: "us", standby: ["asia", "eu"] });
      expect(await us.put(RECORD, record("us", "asia", "eu"), { ifAbsent: true })).to.deep.equal({ stored: true, copies: ["asia"] });
      regions.away.delete("eu");
      await eventually(has("eu", RECORD));
    });

    it("are refused while too few regions can be reached, where that is the setting", async () => {
      await start({ whenAway: "refuse" });
      regions.away.add("eu").add("asia");
      await eventually(() => us.views().every(({ own, storeReachable }) => own || !storeReachable));
      expect(await rejection((async () => us.place())(), "a place")).to.include({ type: "region_unavailable" });
      expect(await rejection(us.put(RECORD, record("us", "eu"), { ifAbsent: true }), "a record")).to.include({ type: "region_unavailable" });
      expect(regions.objects("us").has(RECORD)).to.equal(false);
    });

    it("send segments to the standby and not to others, what is critical to all", async () => {
      await start();
      await accept();
      await us.put(SEGMENT, bytes, { ifAbsent: true });
      await us.put("videos/v/plan.json", bytes, { ifAbsent: true });
      await eventually(has("eu", SEGMENT));
      await eventually(has("asia", "videos/v/plan.json"));
      await eventually(() => keysOf("us", "replicating/").length === 0);
      expect(regions.objects("asia").has(SEGMENT)).to.equal(false);
    });

    it("never replace what another region has", async () => {
      await start();
      regions.objects("eu").set(RECORD, Buffer.from("first"));
      await us.put(RECORD, record("us", "eu"), { ifAbsent: true });
      expect(regions.objects("eu").get(RECORD)?.toString()).to.equal("first");
      expect(await us.put(RECORD, record("us", "eu"), { ifAbsent: true })).to.deep.equal({ stored: false });
    });

    it("keep probes, upload parts and marks at home", async () => {
      await start();
      for (const key of ["probes/1", "uploads/u/parts/0", "uploads/u/begun.json"]) await us.put(key, bytes);
      expect(keysOf("us", "replicating/")).to.deep.equal([]);
    });

    it("take the mark to stand by away when the video is done", async () => {
      await start();
      await accept();
      await us.remove("open/v");
      await eventually(() => !regions.objects("eu").has("standby/us/v"));
    });

    it("bring an upload, its bytes before its description, and take it away again", async () => {
      await start();
      await us.put("uploads/u/source", bytes);
      await us.put("uploads/u/upload.json", bytes);
      await eventually(has("eu", "uploads/u/upload.json"));
      expect(regions.objects("eu").get("uploads/u/source")?.equals(bytes)).to.equal(true);
      await us.erase("uploads/u/");
      await eventually(() => keysOf("eu", "uploads/").length === 0);
    });
  });

  describe("what a region missed", () => {
    it("reaches it when it is back, from the marks, also after the process that wrote it has gone", async () => {
      await start();
      regions.away.add("eu");
      await accept();
      await us.put(SEGMENT, bytes, { ifAbsent: true });
      await us.close();
      regions.leave("us-1");
      expect(keysOf("us", "replicating/eu/")).to.deep.equal(["replicating/eu/open~v/us-1", "replicating/eu/videos~v~/us-1"]);
      const next = await regions.open("us", {}, "us-2");
      regions.away.delete("eu");
      await eventually(has("eu", SEGMENT));
      await eventually(has("eu", "standby/us/v"));
      await eventually(() => keysOf("us", "replicating/eu/").length === 0);
      expect(next.views().find(({ name }) => name === "eu")?.waiting).to.equal(0);
    });

    it("is deleted there, of a video that was deleted meanwhile", async () => {
      await start();
      await accept();
      await us.put(SEGMENT, bytes, { ifAbsent: true });
      await eventually(has("eu", SEGMENT));
      await eventually(has("asia", RECORD));
      regions.away.add("eu").add("asia");
      await eventually(() => us.views().every(({ own, storeReachable }) => own || !storeReachable));
      await us.put("deleted/v.json", record("us", "eu"), { ifAbsent: true });
      await us.erase("videos/v/");
      expect(keysOf("us", "videos/")).to.deep.equal([]);
      regions.away.clear();
      await eventually(() => keysOf("eu", "videos/").length + keysOf("asia", "videos/").length === 0);
      for (const name of ["eu", "asia"]) expect(keysOf(name, "deleted/")).to.deep.equal(["deleted/v.json"]);
    });
  });

  describe("reads", () => {
    it("find a video of another region there, and keep it here", async () => {
      await start();
      regions.objects("eu").set(RECORD, record("eu", "asia")).set(SEGMENT, bytes);
      expect((await us.get(RECORD))?.equals(record("eu", "asia"))).to.equal(true);
      await eventually(has("us", RECORD));
      expect((await us.get(SEGMENT))?.equals(bytes)).to.equal(true);
      await eventually(has("us", SEGMENT));
    });

    it("find all parts of a video of another region at the first try", async () => {
      await start();
      for (const part of ["record.json", "verdict.json", "plan.json", "outcome.json"]) regions.objects("eu").set(`videos/v/${part}`, record("eu", "asia"));
      const read = await Promise.all(["record.json", "verdict.json", "plan.json", "outcome.json"].map((part) => us.get(`videos/v/${part}`)));
      expect(read.map((found) => found?.toString())).to.deep.equal(Array.from({ length: 4 }, () => record("eu", "asia").toString()));
    });

    it("wait for an upload that only a region has that is away", async () => {
      await start();
      regions.away.add("eu");
      await eventually(() => us.views().some(({ name, storeReachable }) => name === "eu" && !storeReachable));
      expect(await rejection(us.get("uploads/u/upload.json"), "an upload")).to.include({ type: "storage_unavailable" });
      regions.away.delete("eu");
      await eventually(() => us.views().every(({ own, storeReachable }) => own || storeReachable));
      expect(await us.get("uploads/u/upload.json")).to.equal(undefined);
    });

    it("ask nobody for a segment of this region's own video that nobody has made", async () => {
      await start();
      await accept();
      expect(await us.get(SEGMENT)).to.equal(undefined);
      expect(await us.head(SEGMENT)).to.equal(undefined);
      expect([...regions.askedOf("eu", SEGMENT), ...regions.askedOf("asia", SEGMENT)]).to.deep.equal([]);
    });

    it("know who works on a video, as soon as that changes", async () => {
      await start();
      await accept();
      expect(await us.placement("v")).to.deep.equal({ home: "us", standby: ["eu"], worker: "us", changes: 0 });
      us.noteAdoption("adopted/us/v/0001-eu");
      us.noteAdoption("adopted/eu/v/0002-asia");
      us.noteAdoption("adopted/us/v/0001-eu");
      expect(await us.placement("v")).to.deep.include({ worker: "asia", changes: 2 });
      expect(await us.placement("none")).to.equal(undefined);
    });

    it("tell a region that comes back what was taken over meanwhile", async () => {
      regions = stageRegions("us", "eu");
      regions.objects("us").set(RECORD, record("us", "eu"));
      regions.objects("eu").set("adopted/us/v/0001-eu", bytes);
      us = await regions.open("us");
      expect(await us.placement("v")).to.deep.include({ worker: "eu" });
      expect(keysOf("us", "adopted/")).to.deep.equal(["adopted/us/v/0001-eu"]);
    });

    it("ask the others once for a record that nobody has, and not for its parts", async () => {
      await start();
      for (const part of ["record.json", "plan.json", "record.json"]) expect(await us.get(`videos/none/${part}`)).to.equal(undefined);
      expect([...regions.askedOf("eu", "videos/none"), ...regions.askedOf("asia", "videos/none")]).to.deep.equal(["eu get videos/none/record.json", "asia get videos/none/record.json"]);
    });

    it("do not keep what was deleted meanwhile", async () => {
      await start();
      regions.objects("eu").set(RECORD, record("eu", "asia")).set(SEGMENT, bytes);
      await us.get(RECORD);
      await eventually(has("us", RECORD));
      regions.objects("us").set("deleted/v.json", bytes);
      await us.get(SEGMENT);
      await eventually(() => regions.askedOf("us", `erase ${SEGMENT}`).length > 0);
      expect(regions.objects("us").has(SEGMENT)).to.equal(false);
    });

    it("say that a segment is there when it is here too: who counts lists the own store", async () => {
      await start();
      regions.objects("eu").set(RECORD, record("eu", "us")).set(SEGMENT, bytes);
      await us.get(RECORD);
      expect(await us.head(SEGMENT)).to.include({ size: bytes.length });
      expect(regions.objects("us").has(SEGMENT)).to.equal(true);
    });

    it("go on from another region's copy while the own store is failing", async () => {
      await start();
      await accept();
      await us.put(SEGMENT, bytes, { ifAbsent: true });
      await eventually(has("eu", SEGMENT));
      regions.away.add("us");
      expect((await us.get(SEGMENT))?.equals(bytes)).to.equal(true);
      expect(await us.get("deleted/v.json")).to.equal(undefined);
      expect(await rejection(us.get("videos/other/record.json"), "an unknown record")).to.include({ type: "storage_unavailable" });
      expect(await rejection(us.put(SEGMENT, bytes), "a segment")).to.include({ type: "storage_unavailable" });
    });
  });
});
