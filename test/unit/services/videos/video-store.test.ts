import { expect } from "chai";
import { objectKeys } from "../../../../config/object-keys.ts";
import { planOf } from "../../../../media/plan-video.ts";
import { videoStore } from "../../../../services/videos/video-store.ts";
import { memoryStorageCalls } from "../../../support/memory-storage-calls.ts";
import { makeFacts } from "../../../support/sample-facts.ts";
import { makeRecord, VIDEO_ID as ID } from "../../../support/sample-record.ts";

const AT = "2026-01-01T00:00:01.000Z";
const VERDICT = { accepted: true, at: AT, facts: makeFacts(), sourceVersion: "1" } as const;
const PLAN = planOf(makeFacts());
const TWIN = { key: "k", of: ID.replace("a", "c") } as const;
const OUTCOME = { complete: true, at: AT } as const;

describe("video store", () => {
  let storage: ReturnType<typeof memoryStorageCalls>;
  let store: ReturnType<typeof videoStore>;
  beforeEach(() => { storage = memoryStorageCalls(); store = videoStore(storage); });

  it("knows nothing of a video that was never posted", async () => expect(await store.find(ID)).to.equal(undefined));

  it("gives back each part as it is written", async () => {
    const record = makeRecord({ title: "Grüße", labels: { course: "cs101" } });
    expect(await store.createRecord(record)).to.deep.equal({ created: true });
    expect(await store.find(ID)).to.deep.equal({ record, deleted: false });
    await store.createVerdict(ID, VERDICT);
    await store.createPlan(ID, PLAN);
    await store.createTwin(ID, TWIN);
    await store.createOutcome(ID, OUTCOME);
    expect(await store.find(ID)).to.deep.equal({ record, verdict: VERDICT, plan: PLAN, twin: TWIN, outcome: OUTCOME, deleted: false });
    expect(await videoStore(storage).find(ID), "another node").to.deep.equal({ record, verdict: VERDICT, plan: PLAN, twin: TWIN, outcome: OUTCOME, deleted: false });
  });

  it("writes each part once: who comes second changes nothing and is told so", async () => {
    await store.createRecord(makeRecord());
    const other = videoStore(storage);
    expect(await other.createRecord(makeRecord({ title: "other" }))).to.deep.equal({ created: false });
    expect([await store.createVerdict(ID, VERDICT), await other.createVerdict(ID, { accepted: false, at: AT, reasons: [] })]).to.deep.equal([true, false]);
    expect([await store.createPlan(ID, PLAN), await other.createPlan(ID, { ...PLAN, boundaries: [0, 1] })]).to.deep.equal([true, false]);
    expect([await store.createTwin(ID, TWIN), await other.createTwin(ID, { key: "other" })]).to.deep.equal([true, false]);
    expect([await store.createOutcome(ID, OUTCOME), await other.createOutcome(ID, { complete: false, at: AT, reasons: [] })]).to.deep.equal([true, false]);
    expect(await other.find(ID)).to.deep.equal({ record: makeRecord(), verdict: VERDICT, plan: PLAN, twin: TWIN, outcome: OUTCOME, deleted: false });
  });

  it("marks a video as unfinished until it is closed", async () => {
    await store.createRecord(makeRecord());
    expect([...storage.objects.keys()].sort()).to.deep.equal([objectKeys.open(ID), objectKeys.record(ID)]);
    await store.close(ID);
    expect([...storage.objects.keys()]).to.deep.equal([objectKeys.record(ID)]);
  });

  it("makes the key of a protected video before its record, once, and it goes with the video", async () => {
    const keys = ["first", "second"].map((text) => Buffer.from(text));
    const [one, other] = [keys[0], keys[1]].map((key) => videoStore(storage, () => key ?? Buffer.alloc(0)));
    await one?.createRecord(makeRecord({ protection: "cbcs" }));
    expect(storage.calls.filter((call) => call.startsWith("put"))).to.deep.equal([objectKeys.contentKey(ID), objectKeys.open(ID), objectKeys.record(ID)].map((key) => `put ${key}`));
    await other?.createRecord(makeRecord({ protection: "cbcs" }));
    expect(storage.objects.get(objectKeys.contentKey(ID))?.toString()).to.equal("first");
    await other?.remove(makeRecord({ protection: "cbcs" }));
    expect(storage.objects.has(objectKeys.contentKey(ID))).to.equal(false);
  });

  it("does not record a protected video whose key could not be kept", async () => {
    const failing = videoStore({ ...storage, put: async (key, ...rest) => { if (key === objectKeys.contentKey(ID)) throw new Error("away"); return await storage.put(key, ...rest); } });
    expect(String(await failing.createRecord(makeRecord({ protection: "aes-128" })).catch((error: unknown) => error))).to.contain("away");
    expect(await store.find(ID)).to.equal(undefined);
  });

  it("reads again only what may have changed: the tombstone, and parts that were missing", async () => {
    await store.createRecord(makeRecord());
    await store.createVerdict(ID, VERDICT);
    await store.find(ID);
    storage.calls.length = 0;
    await store.find(ID);
    expect(storage.calls.sort()).to.deep.equal([`get ${objectKeys.tombstone(ID)}`, `get ${objectKeys.outcome(ID)}`, `get ${objectKeys.plan(ID)}`, `get ${objectKeys.twin(ID)}`].sort());
    await videoStore(storage).createPlan(ID, PLAN);
    expect((await store.find(ID))?.plan).to.deep.equal(PLAN);
    store.forget(ID);
    storage.calls.length = 0;
    await store.find(ID);
    expect(storage.calls).to.have.length(8);
  });

  it("looks for a screening and a review of a video that is to be screened, and of no other", async () => {
    await store.createRecord(makeRecord({ screening: "publish-first" }));
    await store.find(ID);
    storage.calls.length = 0;
    await store.find(ID);
    expect(storage.calls).to.include.members([`get ${objectKeys.screening(ID)}`, `get ${objectKeys.review(ID)}`]);
    await store.createScreening(ID, { verdict: "pass", at: "", findings: [], hashes: [], cost: { seconds: 0, frames: 0, bytes: 0 } });
    expect(await store.find(ID)).to.have.nested.property("screening.verdict", "pass");
    storage.calls.length = 0;
    await store.find(ID);
    expect(storage.calls).to.include(`get ${objectKeys.review(ID)}`).and.to.not.include(`get ${objectKeys.screening(ID)}`);
  });

  it("opens a failed video once more under a mark of its own, which is there before its end goes", async () => {
    await store.createRecord(makeRecord());
    await store.createOutcome(ID, { complete: false, at: "2026-01-01T00:00:01.000Z", reasons: [] });
    await store.close(ID);
    storage.calls.length = 0;
    await store.reopen(makeRecord());
    const mark = objectKeys.reopened(ID, Date.parse("2026-01-01T00:00:01.000Z"));
    await store.close(ID); // by somebody who comes late
    expect(storage.objects.has(mark)).to.equal(true);
    expect(storage.calls.indexOf(`put ${mark}`)).to.be.within(0, storage.calls.indexOf(`remove ${objectKeys.outcome(ID)}`) - 1);
    expect(await store.find(ID)).to.not.have.property("outcome");
  });

  describe("deletion", () => {
    const remains = makeRecord({ source: { kind: "url", url: "about:blank" }, identity: "" });

    it("leaves the tombstone, without title, labels and address, and nothing else", async () => {
      await store.createRecord(makeRecord({ title: "gone" }));
      await store.createVerdict(ID, VERDICT);
      storage.objects.set(objectKeys.media(ID, "720p", "0.m4s"), Buffer.alloc(10)).set(objectKeys.reviewMark("default", ID), Buffer.alloc(2));
      await store.remove(makeRecord({ title: "gone", labels: { by: "Ms Example" } }));
      expect([...storage.objects.keys()].sort()).to.deep.equal([objectKeys.tombstone(ID), objectKeys.open(ID)]);
      for (const node of [store, videoStore(storage)]) expect(await node.find(ID)).to.deep.equal({ record: remains, deleted: true });
      expect(storage.objects.get(objectKeys.tombstone(ID))?.toString()).to.not.match(/gone|Example|example\.org/);
    });

    it("puts the tombstone before anything is removed", async () => {
      await store.createRecord(makeRecord());
      storage.calls.length = 0;
      await store.remove(makeRecord());
      expect(storage.calls).to.deep.equal([`put ${objectKeys.tombstone(ID)}`, `get ${objectKeys.twin(ID)}`, `remove ${objectKeys.reviewMark("default", ID)}`, `erase ${objectKeys.video(ID)}`, `list ${objectKeys.videoPosters(ID)}`]);
    });

    it("is seen by a node that knew the video", async () => {
      await store.createRecord(makeRecord());
      await store.find(ID);
      await videoStore(storage).remove(makeRecord());
      expect(await store.find(ID)).to.include({ deleted: true });
    });

    it("takes back parts that come late, and tells who wrote them", async () => {
      await store.createRecord(makeRecord());
      await store.remove(makeRecord());
      expect(await store.createVerdict(ID, VERDICT)).to.equal(false);
      expect(await store.createPlan(ID, PLAN)).to.equal(false);
      expect(await store.createOutcome(ID, OUTCOME)).to.equal(false);
      expect([...storage.objects.keys()].filter((key) => key.startsWith(objectKeys.video(ID)))).to.be.empty;
    });

    it("twice is the same as once", async () => {
      await store.createRecord(makeRecord());
      await store.remove(makeRecord());
      await store.remove(makeRecord({ title: "later" }));
      expect((await store.find(ID))?.record).to.deep.equal(remains);
    });
  });

  describe("claims", () => {
    const OTHER = ID.replace("a", "b");

    it("belong to whoever comes first", async () => {
      expect(await store.claim("digest", ID)).to.equal(ID);
      expect(await videoStore(storage).claim("digest", OTHER)).to.equal(ID);
      expect(await store.claim("digest", ID)).to.equal(ID);
      expect(await store.claim("another", OTHER)).to.equal(OTHER);
      expect([await store.findClaim("digest"), await store.findClaim("none")]).to.deep.equal([ID, undefined]);
    });

    it("are given by exactly one of many who ask at once", async () => {
      const owners = await Promise.all(Array.from({ length: 20 }, (_, n) => videoStore(storage).claim("digest", `${n}`.padStart(26, "0"))));
      expect(new Set(owners).size).to.equal(1);
    });

    it("are released by their owner only", async () => {
      await store.claim("digest", ID);
      await store.releaseClaim("digest", OTHER);
      expect(await store.findClaim("digest")).to.equal(ID);
      await store.releaseClaim("digest", ID);
      expect(await store.claim("digest", OTHER)).to.equal(OTHER);
      await store.releaseClaim("none", ID);
    });

    it("for comparison are released with the video that holds them, and with no other", async () => {
      storage.objects.set(objectKeys.twinClaim("key"), Buffer.from(JSON.stringify({ id: ID })));
      expect([await store.createTwin(ID, { key: "key" }), await store.createTwin(OTHER, { key: "key", of: ID })]).to.deep.equal([true, true]);
      await store.remove(makeRecord({ id: OTHER }));
      expect(storage.objects.has(objectKeys.twinClaim("key"))).to.equal(true);
      await store.remove(makeRecord());
      expect(storage.objects.has(objectKeys.twinClaim("key"))).to.equal(false);
    });

    it("for comparison are released also when the video is deleted while it is compared", async () => {
      await store.remove(makeRecord());
      storage.objects.set(objectKeys.twinClaim("key"), Buffer.from(JSON.stringify({ id: ID })));
      expect(await store.createTwin(ID, { key: "key" })).to.equal(false);
      expect([...storage.objects.keys()]).to.deep.equal([objectKeys.tombstone(ID)]);
    });

    it("that are damaged hinder nobody", async () => {
      storage.objects.set(objectKeys.claim("digest"), Buffer.from("[]"));
      expect(await store.claim("digest", ID)).to.equal(ID);
    });
  });

  it("lists every video, page by page", async () => {
    const ids = ["a", "b", "c", "d", "e"].map((letter) => letter.padStart(26, "0"));
    for (const id of ids) {
      await store.createRecord(makeRecord({ id }));
      storage.objects.set(objectKeys.media(id, "source", "0.m4s"), Buffer.alloc(1));
    }
    const found: string[] = [];
    for await (const id of store.allIds()) found.push(id);
    expect(found).to.deep.equal(ids);
    expect(storage.calls.filter((call) => call === "list videos/").length).to.be.greaterThan(1);
  });

  it("removes the bytes of an upload, or all that is known of it", async () => {
    storage.objects.set(objectKeys.uploadBytes("u"), Buffer.alloc(1)).set(objectKeys.upload("u"), Buffer.alloc(1)).set(objectKeys.upload("u2"), Buffer.alloc(1));
    await store.removeUploadBytes("u");
    expect([...storage.objects.keys()]).to.deep.equal([objectKeys.upload("u"), objectKeys.upload("u2")]);
    await store.removeUpload("u");
    expect([...storage.objects.keys()]).to.deep.equal([objectKeys.upload("u2")]);
  });
});
