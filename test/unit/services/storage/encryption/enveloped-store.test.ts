/** Objects that have their key with them, as webhooks' parts do. */
import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { checkKeys } from "../../../../../services/storage/encryption/check-keys.ts";
import { envelopeStore } from "../../../../../services/storage/encryption/enveloped-store.ts";
import { gateStore, withoutKeys } from "../../../../../services/storage/encryption/gated-store.ts";
import { keyRing, type WrappingKey } from "../../../../../services/storage/encryption/key-ring.ts";
import { localKey } from "../../../../../services/storage/encryption/local-key.ts";
import { rewrapEnvelopes } from "../../../../../services/storage/encryption/rewrap-envelopes.ts";
import type { ObjectStore } from "../../../../../services/storage/object-store.ts";
import { memoryStore } from "../../../../support/memory-store.ts";
import { rejection } from "../../../../support/rejection.ts";
import { watchStore } from "../../../../support/watched-store.ts";

const [OLD, NEW] = [localKey(randomBytes(32)), localKey(randomBytes(32))];
const SECRET = "access/webhooks/wh_1/secret-000000.json";
const RECORD = "access/webhooks/wh_1/endpoint.json";
const DELETED = "access/webhooks/wh_1/deleted.json";
const bytesOf = (text: string): Buffer => Buffer.from(text);

describe("a webhook's parts", () => {
  let below: ReturnType<typeof memoryStore>;
  let store: ObjectStore;
  beforeEach(() => {
    below = memoryStore();
    store = envelopeStore(below, keyRing([OLD]));
  });
  const readable = (): string[] => [...below.objects].filter(([, bytes]) => bytes.includes("whsec")).map(([key]) => key);
  const textOf = async (of: ObjectStore, key: string): Promise<string | undefined> => (await of.get(key))?.toString();
  const codeOf = async (work: Promise<unknown>): Promise<unknown> => (await rejection(work, "what should be refused") as { type?: string }).type;

  it("come back as they were put, and cannot be read below", async () => {
    expect(await store.put(SECRET, bytesOf("whsec_one"), { ifAbsent: true })).to.deep.equal({ stored: true });
    expect(await store.put(SECRET, bytesOf("whsec_two"), { ifAbsent: true })).to.deep.equal({ stored: false });
    expect(await textOf(store, SECRET)).to.equal("whsec_one");
    expect((await store.getRange(SECRET, 2, 5))?.toString()).to.equal("sec");
    expect(await store.copy(SECRET, RECORD)).to.deep.equal({ copied: true, size: 9 });
    expect(await textOf(store, RECORD)).to.equal("whsec_one");
    expect(readable()).to.deep.equal([]);
  });

  it("are refused when they were flipped, cut, or moved from elsewhere", async () => {
    await store.put(SECRET, bytesOf("whsec_one"));
    const whole = below.objects.get(SECRET) ?? Buffer.alloc(0);
    const codes = new Set<unknown>();
    for (let at = 8; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      below.objects.set(SECRET, flipped);
      codes.add(await codeOf(store.get(SECRET)));
    }
    for (const end of [8, 10, 11, 100, whole.length - 1]) {
      below.objects.set(SECRET, whole.subarray(0, end));
      codes.add(await codeOf(store.get(SECRET)));
    }
    expect([...codes].toSorted()).to.deep.equal(["storage_damaged", "storage_key_unavailable"]);
    below.objects.set(RECORD, whole);
    expect(await codeOf(store.get(RECORD))).to.equal("storage_key_unavailable");
  });

  it("of before there were keys are read, and encrypted with the next part of their endpoint", async () => {
    await below.put(SECRET, bytesOf("whsec_plain"));
    await below.put(RECORD, bytesOf("{}"));
    await below.put("access/webhooks/wh_2/secret-000000.json", bytesOf("whsec_other"));
    expect(await textOf(store, SECRET)).to.equal("whsec_plain");
    expect(readable()).to.have.length(2);
    await store.put("access/webhooks/wh_1/state-000002.json", bytesOf("{}"), { ifAbsent: true });
    expect(readable()).to.deep.equal(["access/webhooks/wh_2/secret-000000.json"]);
    expect([await textOf(store, SECRET), await textOf(store, RECORD)]).to.deep.equal(["whsec_plain", "{}"]);
  });

  it("are not brought back by that when the endpoint is deleted at that moment", async () => {
    await below.put(SECRET, bytesOf("whsec_plain"));
    const watched = watchStore(below);
    watched.before = async (line) => {
      if (line !== `put ${SECRET}`) return;
      await below.put(DELETED, bytesOf("{}"));
      await below.erase(SECRET);
    };
    await rewrapEnvelopes({ store: watched.store, ring: keyRing([OLD]), check: false });
    expect([...below.objects.keys()]).to.deep.equal([DELETED]);
  });

  it("say that they were deleted to whoever asks", async () => {
    await store.put(DELETED, bytesOf("{\"at\":1}"));
    expect(below.objects.get(DELETED)?.toString()).to.equal("{\"at\":1}");
    expect(await store.put("access/keys/1/key.json", bytesOf("plain"))).to.deep.equal({ stored: true });
    expect(below.objects.get("access/keys/1/key.json")?.toString()).to.equal("plain");
  });

  it("are wrapped by another key without being decrypted, with those that are plain, and the old key is of no use then", async () => {
    await store.put(SECRET, bytesOf("whsec_one"));
    await below.put("access/webhooks/wh_2/secret-000000.json", bytesOf("whsec_plain"));
    const before = new Map(below.objects);
    const both = keyRing([NEW, OLD]);
    expect(await rewrapEnvelopes({ store: below, ring: both, check: true })).to.deep.equal({ wrappedBy: { [OLD.id]: 1 }, rewrapped: 0, plain: 1, failed: [], older: 0, locked: 0 });
    expect(below.objects).to.deep.equal(before);
    expect(await rewrapEnvelopes({ store: below, ring: both, check: false })).to.deep.equal({ wrappedBy: { [NEW.id]: 2 }, rewrapped: 1, plain: 1, failed: [], older: 0, locked: 0 });
    expect(below.objects.get(SECRET)?.subarray(-40)).to.deep.equal(before.get(SECRET)?.subarray(-40));
    const renewed = envelopeStore(below, keyRing([NEW]));
    expect([await textOf(renewed, SECRET), await textOf(renewed, "access/webhooks/wh_2/secret-000000.json")]).to.deep.equal(["whsec_one", "whsec_plain"]);
    expect(await codeOf(envelopeStore(below, keyRing([OLD])).get(SECRET))).to.equal("storage_key_unavailable");
    below.objects.set(SECRET, before.get(SECRET) ?? Buffer.alloc(0));
    expect((await rewrapEnvelopes({ store: below, ring: keyRing([NEW]), check: false })).failed.map((line) => line.split(" ")[0])).to.deep.equal([SECRET]);
  });

  it("are not given out, nor written, by a node without their key, which does not start", async () => {
    await below.put(DELETED, bytesOf("{}"));
    await checkKeys(below, undefined);
    await store.put(SECRET, bytesOf("whsec_one"));
    expect(String(await rejection(checkKeys(below, undefined), "none"))).to.include("LECTERN_STORE_KEYS must say");
    expect(String(await rejection(checkKeys(below, keyRing([NEW])), "others"))).to.include("none of the keys");
    await checkKeys(below, keyRing([NEW, OLD]));
    expect(await codeOf(withoutKeys(below).get(SECRET))).to.equal("storage_key_unavailable");
    const closed = gateStore(withoutKeys(below), { pass: () => { throw new Error("gate"); }, close: () => undefined });
    expect(String(await rejection(closed.put(RECORD, bytesOf("{}")), "written"))).to.include("gate");
  });

  it("have KMS asked once for each, and again after it was away", async () => {
    let [asked, away] = [0, true];
    const counted: WrappingKey = { ...OLD, async unwrap(wrapped, context) {
      asked++;
      if (away) throw new Error("away");
      return await OLD.unwrap(wrapped, context);
    } };
    const counting = envelopeStore(below, keyRing([counted]));
    await store.put(SECRET, bytesOf("whsec_one"));
    await rejection(counting.get(SECRET), "away");
    away = false;
    for (let n = 0; n < 3; n++) expect(await textOf(counting, SECRET)).to.equal("whsec_one");
    expect(asked).to.equal(2);
  });
});
