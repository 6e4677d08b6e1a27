import { expect } from "chai";
import { objectKeys } from "../../../../config/object-keys.ts";
import { personMarks } from "../../../../mixins/person-marks.ts";
import { collectPerson, isKept, type CollectPorts } from "../../../../services/persons/collect.ts";
import { erasePerson, type ErasePorts } from "../../../../services/persons/erase-person.ts";
import { erasureOrders, type ErasureOrder } from "../../../../services/persons/erasure-orders.ts";
import { viewErasure } from "../../../../services/persons/view-erasure.ts";
import { takeAll } from "../../../../mixins/take-all.ts";
import { memoryStorageCalls } from "../../../support/memory-storage-calls.ts";
import { rejection } from "../../../support/rejection.ts";

const ADA = `p:${"a".repeat(32)}`;
const BOB = `p:${"b".repeat(32)}`;
const ORDER: ErasureOrder = { id: "01h0000000000000000000000o", person: ADA, videos: "erase", at: "2026-11-26T08:00:00.000Z", by: "key:1" };
const ERASED = { videos: 2, sharedVideos: 1, uploads: 1, keys: 1, links: 2 };

/** What is in the mesh, and every step that was taken; `stepsLeft`: then whoever works dies. */
async function stage() {
  const storage = memoryStorageCalls();
  const [marks, orders] = [personMarks(storage), erasureOrders(storage)];
  const has = { videos: new Set(["v1", "v2", "both", "his"]), uploads: new Set(["u1", "used"]), keys: new Set(["k1"]), good: new Set(["k1"]), links: new Set(["l1", "l2"]) };
  const receipts: object[] = [];
  const life = { stepsLeft: Infinity };
  for (const id of ["v1", "v2", "both"]) await marks.posted.note(ADA, { tenant: "physics", id });
  for (const id of ["both", "his"]) await marks.posted.note(BOB, { tenant: "physics", id });
  for (const id of ["u1", "used"]) await marks.sent.note(ADA, { tenant: "physics", id });
  const step = async <T>(work: () => Promise<T> | T): Promise<T> => {
    if (life.stepsLeft-- <= 0) throw new Error("it died");
    return await work();
  };
  const share = (link: string) => ({ chain: "c", seq: 1, at: "2026-11-26T08:00:00.000Z", node: "n", type: "done", action: "videos.share", result: "ok", who: { subject: ADA, tenant: "physics" }, target: { video: "private", link } });
  const ports: ErasePorts & CollectPorts = {
    linkMaxSec: 3_600, now: () => Date.parse("2026-11-26T08:30:00Z"),
    orders: { findFound: (id) => step(() => orders.findFound(id)), keepFound: (id, found) => step(() => orders.keepFound(id, found)), findDone: orders.findDone, finish: (done) => step(() => orders.finish(done)) },
    keys: ({ person }) => step(() => (person === ADA ? [...has.keys].map((id) => ({ id, name: "a key", roles: [], createdAt: "", createdBy: person })) : [])),
    posted: ({ person, tenant }) => marks.posted.of(person, tenant),
    sent: ({ person, tenant }) => marks.sent.of(person, tenant),
    async* records({ person }) {
      if (person === ADA) yield* ["l1", "l2"].map(share);
    },
    findVideo: async () => undefined, findUpload: async () => undefined, findReview: async () => undefined,
    revokeKey: (id) => step(() => void has.good.delete(id)),
    forgetKey: (id) => step(() => void has.keys.delete(id)),
    endLink: (_, link) => step(() => void has.links.delete(link)),
    removeVideo: (id) => step(async () => {
      has.videos.delete(id);
      await marks.forgetVideo({ tenant: "physics", id });
    }),
    forgetPoster: (id, person) => step(() => marks.posted.forgetPoster(person, id)),
    hasPosters: (id) => step(async () => (await marks.posters(id)).length > 0),
    forgetPosted: (person, tenant, id) => step(() => marks.posted.forget(person, { tenant, id })),
    dropUpload: (id) => step(() => id !== "used" && (has.uploads.delete(id), true)),
    forgetSent: (person, tenant, id) => step(() => marks.sent.forget(person, { tenant, id })),
    writeReceipt: (order, erased) => step(() => void receipts.push({ order: order.id, ...erased })),
  };
  return { storage, marks, orders, has, receipts, life, ports };
}
const living = new AbortController().signal;

describe("the erasure of a person", () => {
  it("removes what is theirs, keeps what is others', and ends with a receipt and without their name", async () => {
    const { storage, marks, orders, has, receipts, ports } = await stage();
    await orders.create(ORDER);
    await erasePerson(ORDER, ports, living);
    expect([...has.videos, ...has.uploads]).to.deep.equal(["both", "his", "used"]);
    expect([...has.keys, ...has.good, ...has.links]).to.deep.equal([]);
    expect(receipts).to.deep.equal([{ order: ORDER.id, ...ERASED }]);
    expect(await viewErasure(ORDER, orders, marks)).to.deep.equal({ id: ORDER.id, videos: "erase", orderedAt: ORDER.at, status: "done", endedAt: "2026-11-26T08:30:00.000Z", erased: ERASED });
    expect([...storage.objects].filter(([key, bytes]) => key.includes(ADA) || bytes.includes(ADA))).to.deep.equal([]);
    expect([...storage.objects.keys()]).to.not.include(objectKeys.erasureOpen(ORDER.id));
    expect(await takeAll(marks.posted.of(BOB))).to.deep.equal([{ tenant: "physics", id: "both" }, { tenant: "physics", id: "his" }]);
  });

  it("is gone on with wherever it died, and counts the same", async () => {
    let died = 0;
    for (let steps = 0; ; steps++) {
      const { storage, orders, has, receipts, life, ports } = await stage();
      await orders.create(ORDER);
      life.stepsLeft = steps;
      const end = await erasePerson(ORDER, ports, living).then(() => "done", () => "died");
      if (end === "done") break;
      died++;
      expect((await takeAll(orders.open())).map(({ id }) => id), `after ${steps} steps`).to.deep.equal([ORDER.id]);
      life.stepsLeft = Infinity;
      await erasePerson(ORDER, ports, living);
      expect(receipts.at(-1), `after ${steps} steps`).to.deep.equal({ order: ORDER.id, ...ERASED });
      expect([...has.videos, ...has.uploads, ...has.keys, ...has.links]).to.deep.equal(["both", "his", "used"]);
      expect([...storage.objects].filter(([key, bytes]) => key.includes(ADA) || bytes.includes(ADA))).to.deep.equal([]);
    }
    expect(died).to.be.greaterThan(20);
  });

  it("is done once however often it is ordered, also by two at the same time", async () => {
    const { orders, has, receipts, ports } = await stage();
    await orders.create(ORDER);
    await Promise.all([erasePerson(ORDER, ports, living), erasePerson(ORDER, ports, living)]);
    await erasePerson(ORDER, ports, living);
    expect([...has.videos, ...has.uploads, ...has.keys, ...has.links]).to.deep.equal(["both", "his", "used"]);
    expect(receipts).to.have.lengthOf.at.most(2);
    expect(await takeAll(orders.open())).to.deep.equal([]);
  });

  it("takes a video with the last of those who posted it, also when they go at the same time", async () => {
    const { orders, has, ports } = await stage();
    const his = { ...ORDER, id: "01h0000000000000000000000p", person: BOB };
    for (const order of [ORDER, his]) await orders.create(order);
    await Promise.all([erasePerson(ORDER, ports, living), erasePerson(his, ports, living)]);
    expect([...has.videos]).to.deep.equal([]);
  });

  it("leaves the videos where that is ordered, and nothing that says whose they were", async () => {
    const { storage, orders, has, ports } = await stage();
    const order = { ...ORDER, videos: "keep" as const };
    await orders.create(order);
    await erasePerson(order, ports, living);
    expect([...has.videos]).to.deep.equal(["v1", "v2", "both", "his"]);
    expect([...storage.objects.keys()].filter((key) => key.includes(ADA))).to.deep.equal([]);
  });

  it("stays within the tenant that it was ordered for, and says how far it is", async () => {
    const { marks, orders, has, life, ports } = await stage();
    await marks.posted.note(ADA, { tenant: "arts", id: "of-arts" });
    const order = { ...ORDER, tenant: "physics" };
    await orders.create(order);
    expect(await viewErasure(order, orders, marks)).to.deep.equal({ id: ORDER.id, videos: "erase", orderedAt: ORDER.at, status: "running" });
    life.stepsLeft = 10;
    await rejection(erasePerson(order, ports, living), "it");
    expect(await viewErasure(order, orders, marks)).to.deep.include({ found: { videos: 3, uploads: 2, keys: 1, links: 2 }, left: { videos: 2, uploads: 2 } });
    life.stepsLeft = Infinity;
    await erasePerson(order, ports, living);
    expect(await takeAll(marks.posted.of(ADA))).to.deep.equal([{ tenant: "arts", id: "of-arts" }]);
    expect(has.videos).to.include("his");
  });

  it("ends between two steps when its node does", async () => {
    const { orders, has, ports } = await stage();
    await orders.create(ORDER);
    await rejection(erasePerson(ORDER, ports, AbortSignal.abort(new Error("it stops"))), "it");
    expect([...has.links]).to.deep.equal(["l1", "l2"]);
    expect(await takeAll(orders.open())).to.deep.equal([ORDER]);
  });

  it("is of somebody of whom there is something: what others did about them is nothing", async () => {
    const { ports } = await stage();
    const nobody = { ...ports, keys: async () => [], records: async function* () { yield { chain: "c", seq: 1, at: "", node: "n", type: "access", who: { subject: "admin" }, target: { person: `p:${"c".repeat(32)}` }, from: "p:1" }; } };
    const whom = { person: `p:${"c".repeat(32)}`, tenant: undefined };
    expect(await isKept(whom, nobody)).to.equal(false);
    expect(await isKept({ person: ADA, tenant: "physics" }, ports)).to.equal(true);
    expect((await takeAll(collectPerson(whom, nobody))).map(({ item }) => item), "where others came from is theirs").to.deep.equal([{ chain: "c", seq: 1, at: "", node: "n", type: "access", who: { subject: "admin" }, target: { person: whom.person } }]);
  });
});
