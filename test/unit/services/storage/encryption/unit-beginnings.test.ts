/** How a unit gets its one key: races, deaths, and what it costs. */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { expect } from "chai";
import { fail } from "../../../../../config/errors.ts";
import { encryptStore } from "../../../../../services/storage/encryption/encrypted-store.ts";
import { freshRing } from "../../../../support/encrypted-unit.ts";
import { eventually } from "../../../../support/eventually.ts";
import { memoryStore } from "../../../../support/memory-store.ts";
import { rejection } from "../../../../support/rejection.ts";
import { watchStore } from "../../../../support/watched-store.ts";

const RECORD = "videos/v/record.json";
const KEY = "keys/videos/v/key.json";
const BEGUN = "uploads/u/begun.json";
const UPLOAD_KEY = "keys/uploads/u/key.json";
const bytes = Buffer.from("what was posted");
const once = { ifAbsent: true };

describe("the key of a new video or upload", () => {
  let below: ReturnType<typeof memoryStore>;
  let ring: ReturnType<typeof freshRing>;
  /** A node of its own on the same store. */
  const node = () => {
    const watched = watchStore(below);
    return { ...watched, watched, store: encryptStore(watched.store, ring) };
  };
  beforeEach(() => { [below, ring] = [memoryStore(), freshRing()]; });

  it("costs a prepared record no call but its own", async () => {
    const { store, calls } = node();
    await store.prepare("v");
    expect(calls).to.deep.equal([`put ${KEY}`]);
    await store.put(RECORD, bytes, once);
    expect(calls).to.deep.equal([`put ${KEY}`, `put ${RECORD}`]);
    await store.put("videos/v/verdict.json", bytes, once);
    await store.get("videos/v/verdict.json");
    expect(calls.slice(2)).to.deep.equal(["put videos/v/verdict.json", "get videos/v/verdict.json"]);
  });

  it("is waited for by a record that comes while it is being written, which asks for nothing itself", async () => {
    const { store, calls, watched } = node();
    const written = Promise.withResolvers<void>();
    watched.before = (line) => (line === `put ${KEY}` ? written.promise : undefined);
    const [preparing, putting] = [store.prepare("v"), store.put(RECORD, bytes, once)];
    await eventually(() => calls.length > 0);
    expect(below.objects.size).to.equal(0); // no record without its key, at no moment
    written.resolve();
    await Promise.all([preparing, putting]);
    expect(calls).to.deep.equal([`put ${KEY}`, `put ${RECORD}`]);
  });

  it("comes at the same time as the first object of an upload, which neither waits for", async () => {
    const { store, watched, calls } = node();
    const both = Promise.withResolvers<void>();
    watched.before = () => {
      if (calls.length === 2) both.resolve();
      return both.promise; // each is held until the other is under way
    };
    await store.put(BEGUN, bytes);
    expect(calls.toSorted()).to.deep.equal([`put ${UPLOAD_KEY}`, `put ${BEGUN}`].toSorted());
    expect((await node().store.get(BEGUN))?.equals(bytes)).to.equal(true);
  });

  it("is the one that is there when an upload's first object is written again by a node that does not know it", async () => {
    for (const text of ["one", "two"]) await node().store.put(BEGUN, Buffer.from(text));
    expect((await node().store.get(BEGUN))?.toString()).to.equal("two");
  });

  it("is asked for together with the first object that a node reads", async () => {
    await node().store.put(RECORD, bytes, once);
    const { store, watched, calls } = node();
    const both = Promise.withResolvers<void>();
    watched.before = () => {
      if (calls.length === 2) both.resolve();
      return both.promise;
    };
    expect((await store.get(RECORD))?.equals(bytes)).to.equal(true);
    expect(calls.toSorted()).to.deep.equal([`get ${KEY}`, `get ${RECORD}`].toSorted());
  });

  it("is one, of twenty nodes that begin the same video at once, and the one record is under it", async () => {
    for (let round = 0; round < 5; round++) {
      below = memoryStore();
      const nodes = Array.from({ length: 20 }, node);
      nodes.forEach(({ watched }) => { watched.before = async () => { for (let n = randomBytes(1).readUInt8() % 8; n > 0; n--) await Promise.resolve(); }; });
      const answers = await Promise.all(nodes.map(async ({ store }, n) => {
        if (n % 2 === 0) await store.prepare("v");
        return await store.put(RECORD, Buffer.from(`node ${n}`), once);
      }));
      const winners = answers.flatMap(({ stored }, n) => (stored ? [n] : []));
      expect(winners).to.have.length(1);
      for (const { store } of [...nodes, node()]) expect((await store.get(RECORD))?.toString()).to.equal(`node ${winners[0]}`);
    }
  });

  it("is used by the next who posts when its maker died before the record", async () => {
    await node().store.prepare("v");
    const key = below.objects.get(KEY);
    expect(await node().store.get(RECORD)).to.equal(undefined);
    expect(await node().store.put(RECORD, bytes, once)).to.deep.equal({ stored: true });
    expect(below.objects.get(KEY)).to.equal(key);
    expect((await node().store.get(RECORD))?.equals(bytes)).to.equal(true);
  });

  it("is tried again after it could not be written, and nothing was written without it", async () => {
    const { store, watched } = node();
    watched.before = (line) => {
      if (line === `put ${KEY}`) throw fail("storage_unavailable", "staged");
    };
    await rejection(store.prepare("v"), "away");
    expect(await rejection(store.put(RECORD, bytes, once), "away")).to.have.property("type", "storage_unavailable");
    expect(below.objects.size).to.equal(0);
    watched.before = () => undefined;
    expect(await store.put(RECORD, bytes, once)).to.deep.equal({ stored: true });
  });

  it("of an upload whose maker died with only one of the two written is nothing, or an upload that did not begin", async () => {
    for (const [lost, left] of [[`put ${UPLOAD_KEY}`, [BEGUN]], [`put ${BEGUN}`, [UPLOAD_KEY]]] as const) {
      below = memoryStore();
      const { store, watched } = node();
      watched.before = (line) => {
        if (line === lost) throw fail("storage_unavailable", "staged");
      };
      await rejection(store.put(BEGUN, bytes), lost);
      await eventually(() => below.objects.size > 0);
      expect([...below.objects.keys()]).to.deep.equal(left);
      expect(await node().store.get(BEGUN)).to.equal(undefined);
      expect((await node().store.erase("uploads/u/")).objects).to.equal(left[0] === BEGUN ? 1 : 0);
      expect(below.objects.size).to.equal(0);
    }
  });

  it("is taken away again of a video that was not made", async () => {
    const { store } = node();
    await store.prepare("v");
    await store.discard("v");
    expect(below.objects.size).to.equal(0);
  });

  it("is not remembered of what was deleted elsewhere once that is told", async () => {
    const [one, other] = [node(), node()];
    await one.store.put(RECORD, bytes, once);
    await other.store.get(RECORD);
    below.objects.set("deleted/v.json", Buffer.from("{}"));
    await one.store.erase("videos/v/");
    other.store.forget("v");
    expect(await rejection(other.store.put("videos/v/plan.json", bytes, once), "late")).to.have.property("type", "video_deleted");
    expect([...below.objects.keys()]).to.deep.equal(["deleted/v.json"]);
  });

  it("is there before an upload that came as one stream shows", async () => {
    const { store, calls } = node();
    await store.upload("uploads/u/source", Readable.from([bytes]), { maxBytes: 99 });
    expect(calls.indexOf(`put ${UPLOAD_KEY}`)).to.be.within(0, calls.indexOf("upload uploads/u/source") - 1);
  });
});
