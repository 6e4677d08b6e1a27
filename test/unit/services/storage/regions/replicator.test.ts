import { expect } from "chai";
import { openReplicator, type Replicator } from "../../../../../services/storage/regions/replicator.ts";
import type { RegionLink } from "../../../../../services/storage/regions/region-link.ts";
import { workList } from "../../../../../services/storage/regions/work-list.ts";
import { eventually } from "../../../../support/eventually.ts";
import { memoryStore } from "../../../../support/memory-store.ts";
import { silent } from "../../../../support/staged-regions.ts";

const say = (): void => undefined;
const unitOf = (n: number): string => `videos/v${n}/`;

describe("the replicator", () => {
  let own: ReturnType<typeof memoryStore>;
  let target: ReturnType<typeof memoryStore>;
  let away: boolean;
  let back: (() => void)[];
  let living: Set<string>;
  let replicator: Replicator | undefined;
  beforeEach(() => {
    [own, target, away, back, living] = [memoryStore(), memoryStore(), true, [], new Set(["us-1"])];
  });
  afterEach(async () => { await replicator?.close(); });

  function open(maxWorks?: number): Replicator {
    const link: RegionLink = {
      region: { name: "eu", store: { kind: "file", dir: "eu" }, publicUrl: "", place: { latitude: 0, longitude: 0 }, countries: [] },
      isAway: () => away, use: (work) => work(target), latencyMs: () => 1, silentMs: () => 0, onBack: (listener) => void back.push(listener), close: async () => undefined,
    };
    replicator = openReplicator({
      own, ownName: "us", link, writer: "us-1", wantsMedia: async () => true, findLiving: async () => ({ writers: living, isFirst: living.size > 1 }),
      onCopied: say, onLateDeletion: say, logger: silent, timing: { lingerMs: 20, tickMs: 5, scanMs: 10 }, ...(maxWorks === undefined ? {} : { maxWorks }),
    });
    return replicator;
  }

  async function write(to: Replicator, n: number): Promise<void> {
    const release = await to.hold(unitOf(n));
    own.objects.set(`${unitOf(n)}record.json`, Buffer.from(String(n)));
    to.add(unitOf(n), 0, `${unitOf(n)}record.json`);
    release();
  }
  const marks = (): string[] => [...own.objects.keys()].filter((key) => key.startsWith("replicating/"));
  const copies = (): number => [...target.objects.keys()].filter((key) => key.endsWith("record.json")).length;

  it("finds by their marks what it had no room to remember", async () => {
    const full = open(3);
    for (let n = 0; n < 20; n++) await write(full, n);
    expect(full.lag().units).to.equal(3);
    (await full.hold("videos/idle/"))();
    await eventually(() => !marks().some((key) => key.includes("idle"))); // it and all that was forgotten before are swept
    expect(marks()).to.have.lengthOf(20);
    away = false;
    back.forEach((listener) => listener());
    await eventually(() => copies() === 20);
    await eventually(() => marks().length === 0);
  });

  it("keeps the mark of a deletion that the other store does not let be whole, and rests", async () => {
    const working = open();
    const { erase } = target;
    let asked = 0;
    target.erase = async (what) => ({ ...(await erase(what)), locked: ++asked });
    away = false;
    own.objects.set("deleted/v1.json", Buffer.from("{}"));
    target.objects.set(`${unitOf(1)}record.json`, Buffer.from("{}"));
    (await working.hold(unitOf(1)))();
    working.add(unitOf(1), 0);
    await write(working, 2);
    await eventually(() => copies() === 1 && target.objects.has(`${unitOf(2)}record.json`));
    await eventually(() => marks().length === 1);
    expect([asked, marks()[0]]).to.deep.equal([2, `replicating/eu/videos~v1~/us-1`]);
    target.erase = erase;
    back.forEach((listener) => listener());
    await eventually(() => marks().length === 0);
  });

  it("has the mark before a write begins, and keeps it until all is copied", async () => {
    const waiting = open();
    const release = await waiting.hold(unitOf(1));
    expect(marks()).to.deep.equal(["replicating/eu/videos~v1~/us-1"]);
    waiting.add(unitOf(1), 0);
    release();
    await waiting.close();
    expect(marks()).to.have.lengthOf(1);
  });

  it("copies what a process that is gone left, and nothing of one that lives", async () => {
    let scans = 0;
    const { list } = own;
    own.list = async (params) => { scans++; return await list(params); };
    own.objects.set(`${unitOf(1)}record.json`, Buffer.from("1")).set("replicating/eu/videos~v1~/us-2", Buffer.from("{}"));
    living.add("us-2").add("us-3");
    away = false;
    open();
    await eventually(() => scans > 4);
    expect([marks(), copies()]).to.deep.equal([["replicating/eu/videos~v1~/us-2"], 0]);
    living.delete("us-2");
    await eventually(() => copies() === 1 && marks().length === 0);
  });

  it("refuses a hold whose mark cannot be written", async () => {
    own.put = async () => { throw new Error("full"); };
    const refusing = open();
    expect(await refusing.hold(unitOf(1)).then(() => "held", (error: Error) => error.message)).to.equal("full");
  });
});

describe("what waits to be copied", () => {
  it("is taken by urgency, one thing of a unit at a time", () => {
    const works = workList();
    works.add("a/", 2, "a/1");
    works.add("b/", 1, "b/1");
    works.add("c", 0);
    works.add("a/", 2, "a/2");
    works.add("a/", 0, "a/record");
    const taken = [works.take(), works.take(), works.take(), works.take()];
    expect(taken.map((work) => work?.unit)).to.deep.equal(["c", "a/", "b/", undefined]);
    if (taken[1] !== undefined) works.done(taken[1]);
    expect([...(works.take()?.keys ?? [])]).to.deep.equal(["a/1", "a/2"]);
  });

  it("is tried again after a rest that grows, unless somebody hurries", () => {
    let now = 0;
    const works = workList(10, () => now);
    works.add("a", 0);
    for (const restMs of [500, 1_000, 2_000]) {
      const work = works.take();
      expect(work).to.not.equal(undefined);
      if (work !== undefined) works.again(work);
      now += restMs - 1;
      expect(works.take()).to.equal(undefined);
      now += 1;
    }
    const work = works.take();
    if (work !== undefined) works.again(work);
    works.hurry();
    expect(works.take()?.attempts).to.equal(4);
  });

  it("rests for as long as it is told to, where that is longer", () => {
    let now = 0;
    const works = workList(10, () => now);
    works.add("a", 0);
    const work = works.take();
    if (work !== undefined) works.again(work, 60_000);
    now = 59_999;
    expect(works.take()).to.equal(undefined);
    now = 60_000;
    expect(works.take()?.attempts).to.equal(1);
  });

  it("is compared as a whole when there is much of it", () => {
    const works = workList();
    for (let n = 0; n <= 500; n++) works.add("a/", 2, `a/${n}`);
    expect(works.take()?.keys).to.equal(undefined);
  });
});
