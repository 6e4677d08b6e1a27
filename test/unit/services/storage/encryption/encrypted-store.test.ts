import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { expect } from "chai";
import { objectKeys } from "../../../../../config/object-keys.ts";
import { fail } from "../../../../../config/errors.ts";
import { encryptStore } from "../../../../../services/storage/encryption/encrypted-store.ts";
import { CHUNK_BYTES } from "../../../../../services/storage/encryption/sealed-format.ts";
import { freshRing } from "../../../../support/encrypted-unit.ts";
import { memoryStore } from "../../../../support/memory-store.ts";
import { rejection } from "../../../../support/rejection.ts";
import { watchStore } from "../../../../support/watched-store.ts";

const RECORD = "videos/v/record.json";
const SEGMENT = "videos/v/media/720p/0.m4s";
const KEY = "keys/videos/v/key.json";
const TITLE = Buffer.from('{"title":"Thermodynamics by Ms Example","url":"https://media.example.org/lecture-7"}');
const once = { ifAbsent: true };

describe("a store that encrypts", () => {
  let below: ReturnType<typeof memoryStore>;
  let ring: ReturnType<typeof freshRing>;
  const open = () => encryptStore(below, ring);
  let store: ReturnType<typeof open>;
  beforeEach(() => {
    [below, ring] = [memoryStore(), freshRing()];
    store = open();
  });
  const stored = (key: string): Buffer => below.objects.get(key) ?? Buffer.alloc(0);
  const plainText = (): string[] => [...below.objects].filter(([, bytes]) => /Thermo|example\.org|Example/.test(bytes.toString("latin1"))).map(([key]) => key);

  it("keeps nothing readable of a video or an upload, and gives it to another node with the same keys", async () => {
    const source = randomBytes(3 * CHUNK_BYTES + 7);
    await store.put(RECORD, TITLE, once);
    await store.put(SEGMENT, TITLE, once);
    await store.upload("uploads/u/source", Readable.from([source.subarray(0, 9), source.subarray(9)]), { maxBytes: 2 ** 21 });
    await store.put("uploads/u/upload.json", TITLE);
    await store.put("uploads/t/begun.json", TITLE);
    expect(plainText()).to.deep.equal([]);
    expect(stored("uploads/u/source").includes(source.subarray(100, 116))).to.equal(false);
    const other = open();
    for (const key of [RECORD, SEGMENT, "uploads/u/upload.json", "uploads/t/begun.json"]) expect((await other.get(key))?.equals(TITLE), key).to.equal(true);
    expect((await open().getRange("uploads/u/source", CHUNK_BYTES - 3, 2 * CHUNK_BYTES + 3))?.equals(source.subarray(CHUNK_BYTES - 3, 2 * CHUNK_BYTES + 3))).to.equal(true);
    expect((await open().head("uploads/u/source"))?.size).to.equal(source.length);
    const listed = { objects: [{ key: "uploads/t/begun.json", size: TITLE.length }, { key: "uploads/u/source", size: source.length }, { key: "uploads/u/upload.json", size: TITLE.length }], prefixes: [] };
    expect(await open().list({ prefix: "uploads/" })).to.deep.equal(listed);
  });

  it("takes the content key of a protected video before the record, and keeps it as unreadable as that", async () => {
    const secret = Buffer.from('{"key":"Thermodynamics"}');
    await store.put(objectKeys.contentKey("v"), secret, once);
    await store.put(RECORD, TITLE, once);
    expect(plainText()).to.deep.equal([]);
    expect((await open().get(objectKeys.contentKey("v")))?.equals(secret)).to.equal(true);
    expect((await open().get(RECORD))?.equals(TITLE)).to.equal(true);
  });

  it("leaves marks, claims and what else there is as it is", async () => {
    for (const key of ["open/v", "claims/c.json", "deleted/w.json", "access/keys/k/key.json"]) {
      await store.put(key, Buffer.from("{}"));
      expect(stored(key).toString()).to.equal("{}");
    }
    expect([...below.objects.keys()].some((key) => key.startsWith("keys/"))).to.equal(false);
  });

  it("refuses what was changed, what was put in the place of another, and what is plain", async () => {
    for (const id of ["v", "w"]) await store.put(objectKeys.record(id), TITLE, once);
    const [a, b, other] = ["videos/v/media/a", "videos/v/media/b", "videos/w/media/a"];
    for (const key of [a, b, other]) await store.put(key, Buffer.from(key));
    const good = stored(a);
    const flipped = Buffer.from(good);
    flipped.writeUInt8((flipped.at(-3) ?? 0) ^ 1, flipped.length - 3);
    const wrong = { "a flipped bit": flipped, "cut": good.subarray(0, -1), "of another name": stored(b), "of another video": stored(other), "plain": Buffer.from("plain bytes that were put there"), "nothing": Buffer.alloc(0) };
    for (const [what, bytes] of Object.entries(wrong)) {
      below.objects.set(a, bytes);
      expect(await rejection(open().get(a), what), what).to.include({ type: "storage_damaged", code: 500 });
      expect(await rejection(open().getRange(a, 0, 4), what), what).to.have.property("type", "storage_damaged");
    }
    below.objects.set(a, good).set(KEY, stored("keys/videos/w/key.json"));
    expect(await rejection(open().get(a), "another video's key")).to.have.property("type", "storage_key_unavailable");
    below.objects.set(KEY, Buffer.from("{"));
    expect(await rejection(open().get(a), "no key")).to.have.property("type", "storage_damaged");
  });

  it("goes on with videos from before there were keys, plainly, beside encrypted ones", async () => {
    below.objects.set(RECORD, TITLE).set(SEGMENT, Buffer.from("old")).set("uploads/u/upload.json", TITLE).set("uploads/u/source", Buffer.from("bytes")).set("uploads/p/begun.json", TITLE).set("uploads/p/parts/0", Buffer.from("x"));
    await store.put("videos/v/plan.json", TITLE, once);
    expect(await store.put(RECORD, Buffer.from("{}"), once)).to.deep.equal({ stored: false });
    expect(stored("videos/v/plan.json").equals(TITLE)).to.equal(true);
    expect((await open().getRange(SEGMENT, 1, 3))?.toString()).to.equal("ld");
    expect([(await open().get(SEGMENT))?.toString(), (await open().head(SEGMENT))?.size, (await open().getRange("uploads/u/source", 2, 9))?.toString()]).to.deep.equal(["old", 3, "tes"]);
    await open().upload("uploads/p/source", Readable.from([Buffer.from("whole")]), { maxBytes: 9 });
    expect(stored("uploads/p/source").toString()).to.equal("whole");
    expect([...below.objects.keys()].filter((key) => key.startsWith("keys/"))).to.deep.equal([]);
    await store.put(objectKeys.record("w"), TITLE, once);
    expect(await store.copy(SEGMENT, "videos/w/media/720p/0.m4s")).to.deep.equal({ copied: true, size: 3 });
    expect((await store.get("videos/w/media/720p/0.m4s"))?.toString()).to.equal("old");
    expect(stored("videos/w/media/720p/0.m4s").includes("old")).to.equal(false);
    expect((await store.list({ prefix: "videos/" })).objects.map(({ size }) => size)).to.deep.equal([3, TITLE.length, TITLE.length, 3, TITLE.length]);
  });

  it("copies between encrypted videos so that either is readable, and deletable, by itself", async () => {
    for (const id of ["v", "w"]) await store.put(objectKeys.record(id), TITLE, once);
    await store.put(SEGMENT, Buffer.from("frames"));
    expect(await open().copy(SEGMENT, "videos/w/media/720p/0.m4s")).to.deep.equal({ copied: true, size: 6 });
    await store.erase("videos/v/");
    expect((await open().get("videos/w/media/720p/0.m4s"))?.toString()).to.equal("frames");
  });

  it("takes the key away before the objects: who dies between leaves what nobody can read, and a second time goes on", async () => {
    const watched = watchStore(below);
    const dying = encryptStore(watched.store, ring);
    await dying.put(RECORD, TITLE, once);
    await dying.put(SEGMENT, TITLE, once);
    below.objects.set("deleted/v.json", Buffer.from("{}"));
    watched.before = (line) => {
      if (line === "erase videos/v/") throw fail("storage_unavailable", "staged");
    };
    await rejection(dying.erase("videos/v/"), "dies");
    expect([...below.objects.keys()].toSorted()).to.deep.equal(["deleted/v.json", SEGMENT, RECORD]);
    for (const reader of [dying, open()]) expect([await reader.get(RECORD), await reader.get(SEGMENT), await reader.getRange(SEGMENT, 0, 5)]).to.deep.equal([undefined, undefined, undefined]);
    expect(await rejection(open().put("videos/v/media/720p/1.m4s", TITLE, once), "a late write")).to.have.property("type", "video_deleted");
    expect(await open().erase("videos/v/")).to.deep.equal({ objects: 2, older: 0, locked: 0 });
  });

  it("does not take a video for nothing whose key is missing without its being deleted", async () => {
    await store.put(RECORD, TITLE, once);
    below.objects.delete(KEY);
    for (const call of [open().get(RECORD), open().getRange(RECORD, 0, 5)]) expect(await rejection(call, "no key")).to.include({ type: "storage_key_unavailable", code: 503 });
  });

  it("with other keys reads nothing, writes nothing, and makes no second key", async () => {
    await store.put(RECORD, TITLE, once);
    await store.put("uploads/u/begun.json", TITLE);
    const before = new Map(below.objects);
    ring = freshRing();
    const stranger = open();
    const calls = [
      stranger.get(RECORD), stranger.put(RECORD, TITLE, once), stranger.put(SEGMENT, TITLE, once), stranger.head(RECORD), stranger.prepare("v"),
      stranger.upload("uploads/u/source", Readable.from([TITLE]), { maxBytes: 999 }), stranger.put("uploads/u/begun.json", TITLE),
    ];
    for (const error of await Promise.all(calls.slice(0, 6).map((call) => rejection(call, "a stranger")))) expect(error).to.have.property("type", "storage_key_unavailable");
    await rejection(calls[6] ?? Promise.resolve(), "a stranger");
    expect([...below.objects.keys()].filter((key) => key.startsWith("keys/")).map((key) => stored(key))).to.deep.equal([...before].filter(([key]) => key.startsWith("keys/")).map(([, bytes]) => bytes));
    await stranger.erase("videos/v/"); // whoever may not read may delete all the same
    expect([...below.objects.keys()].some((key) => key.includes("videos/"))).to.equal(false);
  });
});
