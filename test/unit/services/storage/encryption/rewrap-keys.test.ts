import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { fail } from "../../../../../config/errors.ts";
import { encryptStore } from "../../../../../services/storage/encryption/encrypted-store.ts";
import { keyRing } from "../../../../../services/storage/encryption/key-ring.ts";
import { localKey } from "../../../../../services/storage/encryption/local-key.ts";
import { rewrapKeys } from "../../../../../services/storage/encryption/rewrap-keys.ts";
import { memoryStore } from "../../../../support/memory-store.ts";
import { rejection } from "../../../../support/rejection.ts";
import { watchStore } from "../../../../support/watched-store.ts";

const HOUR_MS = 3_600_000;
const [OLD, NEW] = [localKey(randomBytes(32)), localKey(randomBytes(32))];
const later = (): number => Date.now() + 2 * HOUR_MS;

describe("wrapping all keys anew", () => {
  let below: ReturnType<typeof memoryStore>;
  const ids = ["a", "b", "c"];
  beforeEach(async () => {
    below = memoryStore();
    const store = encryptStore(below, keyRing([OLD]));
    for (const id of ids) await store.put(`videos/${id}/record.json`, Buffer.from(id), { ifAbsent: true });
    await store.put("uploads/u/begun.json", Buffer.from("u"));
  });
  const both = keyRing([NEW, OLD]);
  const keys = (): Map<string, Buffer> => new Map([...below.objects].filter(([key]) => key.startsWith("keys/")));

  it("changes nothing but the keys, so that the old one is of no use any more", async () => {
    const others = (): [string, Buffer][] => [...below.objects].filter(([key]) => !key.startsWith("keys/"));
    const before = others();
    expect(await rewrapKeys({ store: below, ring: both, check: true })).to.deep.equal({ wrappedBy: { [OLD.id]: 4 }, rewrapped: 0, orphans: 0, failed: [], older: 0, locked: 0 });
    expect(await rewrapKeys({ store: below, ring: both, check: false })).to.deep.equal({ wrappedBy: { [NEW.id]: 4 }, rewrapped: 4, orphans: 0, failed: [], older: 0, locked: 0 });
    expect(others()).to.deep.equal(before);
    expect((await encryptStore(below, keyRing([NEW])).get("videos/a/record.json"))?.toString()).to.equal("a");
    expect(await rejection(encryptStore(below, keyRing([OLD])).get("videos/a/record.json"), "old")).to.have.property("type", "storage_key_unavailable");
    const done = keys();
    expect(await rewrapKeys({ store: below, ring: both, check: false })).to.deep.include({ rewrapped: 0 });
    expect(keys()).to.deep.equal(done);
  });

  it("goes on where it was cut off, and what is read meanwhile is read", async () => {
    const watched = watchStore(below);
    let puts = 0;
    watched.before = (line) => {
      if (line.startsWith("put ") && ++puts > 2) throw fail("storage_unavailable", "staged");
    };
    await rejection(rewrapKeys({ store: watched.store, ring: both, check: false }), "cut off");
    for (const id of ids) expect((await encryptStore(below, both).get(`videos/${id}/record.json`))?.toString()).to.equal(id);
    expect(await rewrapKeys({ store: below, ring: both, check: false })).to.deep.include({ wrappedBy: { [NEW.id]: 4 }, rewrapped: 2 });
  });

  it("tells of a key that it cannot open, and does the others", async () => {
    below.objects.set("keys/videos/b/key.json", Buffer.from("?"));
    const { rewrapped, failed } = await rewrapKeys({ store: below, ring: both, check: false });
    expect([rewrapped, failed.map((line) => line.split(" ")[0])]).to.deep.equal([3, ["videos/b/"]]);
  });

  it("does not bring back the key of a video that is deleted at that moment", async () => {
    const watched = watchStore(below);
    watched.before = async (line) => {
      if (line !== "put keys/videos/b/key.json") return;
      await below.put("deleted/b.json", Buffer.from("{}"));
      await encryptStore(below, both).erase("videos/b/");
    };
    await rewrapKeys({ store: watched.store, ring: both, check: false });
    expect([...below.objects.keys()].filter((key) => key.includes("videos/b"))).to.deep.equal([]);
  });

  it("takes away keys of what never was, but not of what is just beginning", async () => {
    await encryptStore(below, both).prepare("never");
    expect((await rewrapKeys({ store: below, ring: both, check: false })).orphans).to.equal(0);
    expect((await rewrapKeys({ store: below, ring: both, check: true, now: later })).orphans).to.equal(1);
    expect(keys().has("keys/videos/never/key.json")).to.equal(true);
    expect((await rewrapKeys({ store: below, ring: both, check: false, now: later })).orphans).to.equal(1);
    expect([...keys().keys()]).to.deep.equal(["keys/videos/a/key.json", "keys/videos/b/key.json", "keys/videos/c/key.json", "keys/uploads/u/key.json"]);
  });
});
