/** What every object store must do, whatever it is made of. */
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { expect } from "chai";
import { fail } from "../../config/errors.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import { rejection } from "../support/rejection.ts";
import { fillStore, listAll, objectListingSuite } from "./object-listing.suite.ts";

const MiB = 1024 * 1024;
const ODD_KEYS = ["a b/c d.txt", "ü/é+%25&?#=.m3u8", "日本/講義.m4s", "x/~!$'()*,:;@[]{}|^`\"<>", "long/" + "n".repeat(255), "dots/a..b", "dots/a.", "emoji/😀", "case/A", "case/a"];
const HOSTILE_KEYS = ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "a/./b", ".tmp/x", "a/.hidden", "a\\b", "a\0b", "a\nb", "a\x7fb", "a/\ud800", "k".repeat(1025), `a/${"n".repeat(256)}`];

/** `open` gives an empty store each time. */
export function objectStoreSuite(name: string, open: () => Promise<ObjectStore>): void {
  describe(`${name} as an object store`, function () {
    this.timeout(20_000); // a server makes what a first object needs

    let store: ObjectStore;
    before(async function () {
      this.timeout(120_000); // a server may have to start first
      store = await open();
    });
    after(async () => { await store?.close(); });

    const text = async (key: string): Promise<string | undefined> => (await store.get(key))?.toString();
    const fill = (keys: readonly string[]): Promise<void> => fillStore(store, keys);
    const keysBelow = async (prefix: string): Promise<string[]> => (await listAll(store, { prefix })).keys;

    it("gives back what was put, and the newest of two", async () => {
      expect(await store.put("put/a", Buffer.from("one"))).to.deep.equal({ stored: true });
      expect(await text("put/a")).to.equal("one");
      expect(await store.put("put/a", Buffer.from("two!"))).to.deep.equal({ stored: true });
      expect(await text("put/a")).to.equal("two!");
      expect((await store.head("put/a"))?.size).to.equal(4);
    });

    it("says when an object was last written", async () => {
      const before = Date.now();
      for (const text of ["one", "two!"]) await store.put("put/dated", Buffer.from(text));
      const { modifiedAt = 0 } = (await store.head("put/dated")) ?? {};
      expect(modifiedAt).to.be.within(before - 2_000, Date.now() + 2_000); // S3 cuts to seconds
    });

    it("stores any bytes, also of a view into a larger buffer", async () => {
      const bytes = randomBytes(300_000);
      await store.put("put/bytes", new Uint8Array(bytes.buffer, bytes.byteOffset + 7, 200_000));
      expect((await store.get("put/bytes"))?.equals(bytes.subarray(7, 200_007))).to.equal(true);
    });

    it("says that there is nothing where nothing is, or only a folder", async () => {
      await store.put("folder/inner/object", Buffer.from("x"));
      for (const key of ["nothing", "no/where", "folder", "folder/inner", "folder/inner/object/below"]) {
        expect([await store.get(key), await store.getRange(key, 0, 1), await store.head(key)], key).to.deep.equal([undefined, undefined, undefined]);
      }
    });

    it("stores empty objects", async () => {
      await store.put("empty/put", Buffer.alloc(0));
      const { size } = await store.upload("empty/upload", Readable.from([]), { maxBytes: 10 });
      expect(size).to.equal(0);
      for (const key of ["empty/put", "empty/upload"]) {
        expect([(await store.get(key))?.length, (await store.getRange(key, 0, 10))?.length, (await store.head(key))?.size], key).to.deep.equal([0, 0, 0]);
      }
    });

    it("leaves an object as it is when it may only be created", async () => {
      expect(await store.put("once/a", Buffer.from("first"), { ifAbsent: true })).to.deep.equal({ stored: true });
      expect(await store.put("once/a", Buffer.from("second"), { ifAbsent: true })).to.deep.equal({ stored: false });
      expect(await text("once/a")).to.equal("first");
      await store.remove("once/a");
      expect(await store.put("once/a", Buffer.from("third"), { ifAbsent: true })).to.deep.equal({ stored: true });
    });

    it("tells exactly one of 20 writers at once that it created the object, and keeps that one's bytes", async () => {
      for (let round = 0; round < 3; round++) {
        const key = `once/race/${round}`;
        const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => store.put(key, Buffer.from(`writer ${i}`), { ifAbsent: true })));
        const winners = answers.flatMap(({ stored }, i) => (stored ? [i] : []));
        expect(winners).to.have.length(1);
        expect(await text(key)).to.equal(`writer ${winners[0]}`);
      }
    });

    it("tells exactly one writer so, even when all write the same bytes", async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => store.put("once/same", Buffer.from("same"), { ifAbsent: true })));
      expect(answers.filter(({ stored }) => stored)).to.have.length(1);
    });

    it("copies an object of any key, and either goes its own way then", async () => {
      const bytes = randomBytes(300_000);
      for (const key of ["copy/a b", ...ODD_KEYS]) {
        await store.put(key, bytes);
        expect(await store.copy(key, `copies/${key}`), key).to.deep.equal({ copied: true, size: 300_000 });
        expect((await store.get(`copies/${key}`))?.equals(bytes), key).to.equal(true);
      }
      await store.put("copy/a b", Buffer.from("new"));
      expect((await store.get("copies/copy/a b"))?.equals(bytes)).to.equal(true);
      await store.removePrefix("copies/copy/");
      expect(await text("copy/a b")).to.equal("new");
      await store.copy("copy/a b", "copies/b");
      await store.remove("copy/a b");
      expect(await text("copies/b")).to.equal("new");
    });

    it("copies nothing over what is there, and nothing where nothing is", async () => {
      await store.put("copy/new", Buffer.from("new"));
      await store.put("copy/old", Buffer.from("older"));
      expect(await store.copy("copy/new", "copy/old")).to.deep.equal({ copied: false, size: 5 });
      expect(await text("copy/old")).to.equal("older");
      expect(await store.copy("copy/new", "copy/new")).to.deep.equal({ copied: false, size: 3 });
      for (const from of ["copy/none", "copy", "none/at/all"]) expect(await store.copy(from, "copied/nothing"), from).to.equal(undefined);
      expect(await store.head("copied/nothing")).to.equal(undefined);
    });

    it("reads ranges, end exclusive, as far as there are bytes", async () => {
      await store.put("range/a", Buffer.from("0123456789"));
      const range = async (start: number, end: number): Promise<string | undefined> => (await store.getRange("range/a", start, end))?.toString();
      expect(await Promise.all([range(0, 10), range(0, 1), range(9, 10), range(3, 7)])).to.deep.equal(["0123456789", "0", "9", "3456"]);
      expect(await Promise.all([range(8, 100_000_000), range(10, 20), range(500, 600), range(4, 4), range(5, 2)])).to.deep.equal(["89", "", "", "", ""]);
    });

    it("refuses a range too long to hold", async () => {
      await store.put("range/a", Buffer.from("0123456789"));
      expect(await rejection(store.getRange("range/a", 0, 1e12), "nothing")).to.have.property("type", "bad_request");
    });

    it("takes odd but legal keys", async () => {
      await fill(ODD_KEYS);
      for (const key of ODD_KEYS) expect(await text(key), key).to.equal(key);
      for (const key of ODD_KEYS) expect((await store.list({ prefix: key })).objects, key).to.deep.include({ key, size: Buffer.byteLength(key) });
    });

    it("refuses hostile keys in every call", async () => {
      for (const key of HOSTILE_KEYS) {
        const calls: Promise<unknown>[] = [
          store.put(key, Buffer.from("x")), store.get(key), store.getRange(key, 0, 1), store.head(key), store.remove(key),
          store.upload(key, Readable.from([Buffer.from("x")]), { maxBytes: 10 }), store.copy(key, "x"), store.copy("x", key),
        ];
        if (key !== "a/") calls.push(store.removePrefix(key), store.erase(key), store.prune(key)); // that one is a folder
        const errors = await Promise.all(calls.map((call) => rejection(call, JSON.stringify(key))));
        for (const error of errors) expect(error, JSON.stringify(key)).to.have.property("type", "bad_request");
      }
      for (const prefix of ["/", "../", "a//", "a/../", "a\\"]) {
        expect(await rejection(store.list({ prefix }), prefix)).to.have.property("type", "bad_request");
      }
    });

    describe("lists", () => objectListingSuite(() => store));

    it("takes an upload of 12 MiB in pieces of any size and says its hash", async function () {
      this.timeout(30_000);
      const bytes = randomBytes(12 * MiB + 5);
      const pieces = [1, 65_536, 3 * MiB, 17, 9 * MiB].reduce<Buffer[]>((cut, length) => [...cut, bytes.subarray(sum(cut), sum(cut) + length)], []);
      const answer = await store.upload("upload/big", Readable.from(pieces), { maxBytes: 12 * MiB + 5 });
      expect(answer).to.deep.equal({ size: 12 * MiB + 5, sha256: createHash("sha256").update(bytes).digest("hex") });
      expect((await store.get("upload/big"))?.equals(bytes)).to.equal(true);
      expect((await store.getRange("upload/big", 8 * MiB - 2, 8 * MiB + 2))?.equals(bytes.subarray(8 * MiB - 2, 8 * MiB + 2))).to.equal(true);
    });

    it("leaves nothing of an upload that is too large", async function () {
      this.timeout(30_000);
      for (const [key, maxBytes] of [["upload/over-small", 100], ["upload/over-large", 9 * MiB]] as const) {
        const source = Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(MiB)));
        expect(await rejection(store.upload(key, source, { maxBytes }), key)).to.include({ type: "source_too_large", code: 413 });
        expect([await store.head(key), source.destroyed]).to.deep.equal([undefined, true]);
      }
    });

    it("leaves nothing of an upload whose source breaks, and what was there before", async function () {
      this.timeout(30_000);
      await store.put("upload/kept", Buffer.from("kept"));
      for (const pieces of [0, 1, 9]) {
        const broken = (error: Error): Readable => Readable.from((async function* () {
          for (let i = 0; i < pieces; i++) yield Buffer.alloc(MiB, i);
          throw error;
        })());
        expect(await rejection(store.upload("upload/broken", broken(new Error("reset")), { maxBytes: 100 * MiB }), "broken")).to.include({ type: "upload_incomplete" });
        expect(await rejection(store.upload("upload/kept", broken(fail("source_changed", "staged")), { maxBytes: 100 * MiB }), "ours")).to.include({ type: "source_changed" });
        expect([await store.head("upload/broken"), await text("upload/kept")]).to.deep.equal([undefined, "kept"]);
      }
      const gone = Readable.from([Buffer.from("x")]);
      gone.destroy();
      expect(await rejection(store.upload("upload/broken", gone, { maxBytes: 10 }), "gone")).to.include({ type: "upload_incomplete" });
    });

    it("removes an object, and minds not when there is none", async () => {
      await fill(["remove/a", "remove/b"]);
      await store.remove("remove/a");
      await store.remove("remove/a");
      await store.remove("remove/folder/none");
      expect(await keysBelow("remove/")).to.deep.equal(["remove/b"]);
    });

    it("removes a folder with all that is below it, and nothing beside it", async () => {
      await fill(["video/1/record", "video/1/media/v/0", "video/1/media/v/1", "video/10/record"]);
      expect(await store.removePrefix("video/1/")).to.equal(3);
      expect(await store.removePrefix("video/1/")).to.equal(0);
      expect(await keysBelow("video/")).to.deep.equal(["video/10/record"]);
      await store.put("video/1/media/v/0", Buffer.from("again"));
      expect(await text("video/1/media/v/0")).to.equal("again");
    });

    it("erases a folder with all that is below it, and nothing beside it", async () => {
      await fill(["erase/1/record", "erase/1/media/v/0", "erase/10/record"]);
      expect(await store.erase("erase/1/")).to.include({ objects: 2, locked: 0 });
      expect(await store.erase("erase/1/")).to.deep.equal({ objects: 0, older: 0, locked: 0 });
      expect(await keysBelow("erase/")).to.deep.equal(["erase/10/record"]);
      await store.put("erase/1/record", Buffer.from("again"));
      expect(await text("erase/1/record")).to.equal("again");
    });

    it("erases one object, and none whose key begins alike", async () => {
      await fill(["erased/one", "erased/one.more", "erased/other"]);
      expect(await store.erase("erased/one")).to.include({ objects: 1, locked: 0 });
      expect(await store.erase("erased/one")).to.deep.equal({ objects: 0, older: 0, locked: 0 });
      expect(await store.erase("erased/on")).to.include({ objects: 0 });
      expect(await keysBelow("erased/")).to.deep.equal(["erased/one.more", "erased/other"]);
    });

    it("prunes, and leaves all objects as they are", async () => {
      for (const bytes of ["old", "new"]) await store.put("prune/kept", Buffer.from(bytes));
      await fill(["prune/gone"]);
      await store.remove("prune/gone");
      expect(await store.prune("prune/")).to.include({ objects: 0, locked: 0 });
      expect(await text("prune/kept")).to.equal("new");
      expect(await keysBelow("prune/")).to.deep.equal(["prune/kept"]);
    });

    it("passes its own probe and leaves nothing of it", async () => {
      await store.probe();
      expect(await keysBelow("probes/")).to.deep.equal([]);
    });
  });
}

function sum(buffers: readonly Buffer[]): number {
  return buffers.reduce((total, { length }) => total + length, 0);
}
