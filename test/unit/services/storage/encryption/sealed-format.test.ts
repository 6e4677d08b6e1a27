/** The encrypted form of an object, by itself and where parts of it are read. */
import { randomBytes } from "node:crypto";
import { expect } from "chai";
import * as fc from "fast-check";
import { openBytes, sealBytes, sealStream } from "../../../../../services/storage/encryption/seal-bytes.ts";
import { CHUNK_BYTES, HEADER_BYTES, plainSize, SEALED_CHUNK_BYTES, sealedSize, type UnitKey } from "../../../../../services/storage/encryption/sealed-format.ts";
import { sealedRanges } from "../../../../../services/storage/encryption/sealed-ranges.ts";
import { memoryStore } from "../../../../support/memory-store.ts";
import { rejection } from "../../../../support/rejection.ts";

const newKey = (): UnitKey => ({ id: randomBytes(8).toString("hex"), bytes: randomBytes(32) });
const KEY = newKey();
const NAME = "videos/v/media/720p/0.m4s";
/** Lengths and places at and around the borders of chunks. */
const nearBorder = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -2, max: 2 })).map(([n, d]) => Math.max(0, n * CHUNK_BYTES + d));

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function collect(parts: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

describe("the encrypted form of an object", () => {
  const refusal = async (sealed: Buffer, name = NAME, key = KEY): Promise<unknown> => await rejection(openBytes(key, name, sealed), "a damaged object");

  it("gives back what was put, at every length near a chunk's border, and its length tells the plain one", async () => {
    await fc.assert(fc.asyncProperty(nearBorder, async (length) => {
      const plain = randomBytes(length);
      const sealed = await sealBytes(KEY, NAME, plain);
      expect((await openBytes(KEY, NAME, sealed)).equals(plain)).to.equal(true);
      expect([sealed.length, plainSize(sealed.length)]).to.deep.equal([sealedSize(length), length]);
    }), { numRuns: 30 });
  });

  it("is the same whether it comes whole or as a stream of any pieces", async () => {
    await fc.assert(fc.asyncProperty(nearBorder, fc.integer({ min: 50_000, max: 700_000 }), async (length, piece) => {
      const plain = randomBytes(length);
      const sealed = await collect(sealStream(KEY, NAME, pieces(plain, piece)));
      expect(sealed.length).to.equal(sealedSize(length));
      expect((await openBytes(KEY, NAME, sealed)).equals(plain)).to.equal(true);
    }), { numRuns: 20 });
  });

  it("differs each time, under a key of its own", async () => {
    const [a, b] = [await sealBytes(KEY, NAME, Buffer.alloc(100)), await sealBytes(KEY, NAME, Buffer.alloc(100))];
    expect(a.subarray(HEADER_BYTES).equals(b.subarray(HEADER_BYTES))).to.equal(false);
  });

  it("shows each flipped bit of a small object", async () => {
    const sealed = await sealBytes(KEY, NAME, Buffer.from("a lecture"));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = Buffer.from(sealed);
      flipped.writeUInt8((flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      expect(await refusal(flipped), `bit ${bit}`).to.have.property("type", "storage_damaged");
    }
  });

  it("shows that it was cut, also between chunks, that something was added, and that chunks changed places", async () => {
    const sealed = await sealBytes(KEY, NAME, randomBytes(3 * CHUNK_BYTES));
    const chunk = (n: number): Buffer => sealed.subarray(HEADER_BYTES + n * SEALED_CHUNK_BYTES, HEADER_BYTES + (n + 1) * SEALED_CHUNK_BYTES);
    const header = sealed.subarray(0, HEADER_BYTES);
    const damagedOnes = {
      empty: Buffer.alloc(0), "only a header": header, "half a header": header.subarray(0, 20), "a byte less": sealed.subarray(0, -1), "a byte more": Buffer.concat([sealed, Buffer.alloc(1)]),
      "without its last chunk": Buffer.concat([header, chunk(0), chunk(1)]), "without its first chunk": Buffer.concat([header, chunk(1), chunk(2)]),
      "reordered": Buffer.concat([header, chunk(1), chunk(0), chunk(2)]), "its last chunk twice": Buffer.concat([sealed, chunk(2)]),
    };
    for (const [what, bytes] of Object.entries(damagedOnes)) expect(await refusal(bytes), what).to.have.property("type", "storage_damaged");
  });

  it("opens under no other name and no other key, even one that says it is the same", async () => {
    const sealed = await sealBytes(KEY, NAME, Buffer.from("a lecture"));
    expect(await refusal(sealed, "videos/v/media/720p/1.m4s")).to.have.property("type", "storage_damaged");
    expect(await refusal(sealed, NAME, newKey())).to.have.property("type", "storage_damaged");
    expect(await refusal(sealed, NAME, { ...newKey(), id: KEY.id })).to.have.property("type", "storage_damaged");
  });
});

describe("parts of encrypted objects", () => {
  it("are byte-exact wherever they begin and end, and only their chunks are read", async () => {
    const store = memoryStore();
    const plain = randomBytes(3 * CHUNK_BYTES + 5);
    const read: number[] = [];
    const ranges = sealedRanges({ ...store, getRange: async (key, start, end) => (read.push(end - start), await store.getRange(key, start, end)) });
    await fc.assert(fc.asyncProperty(nearBorder, nearBorder, nearBorder, async (length, start, end) => {
      const bytes = plain.subarray(0, length);
      await store.put(NAME, await sealBytes(KEY, NAME, bytes));
      ranges.forget(NAME);
      read.length = 0;
      const part = await ranges.getRange(KEY, NAME, start, end);
      expect(part?.equals(bytes.subarray(start, Math.max(start, end)))).to.equal(true);
      if (start < length) expect(read.reduce((sum, n) => sum + n, 0)).to.be.at.most(Math.max(0, Math.ceil(end / CHUNK_BYTES) - Math.floor(start / CHUNK_BYTES)) * SEALED_CHUNK_BYTES + 2 * HEADER_BYTES);
    }), { numRuns: 150 });
  });

  it("are refused where a chunk was changed, and where the object was cut, also behind its new end", async () => {
    const store = memoryStore();
    const sealed = await sealBytes(KEY, NAME, randomBytes(3 * CHUNK_BYTES));
    const read = async (bytes: Buffer, start: number, end: number): Promise<unknown> => {
      await store.put(NAME, bytes);
      return await rejection(sealedRanges(store).getRange(KEY, NAME, start, end), `${start}-${end}`);
    };
    const flipped = Buffer.from(sealed);
    flipped.writeUInt8((flipped.at(HEADER_BYTES + SEALED_CHUNK_BYTES + 9) ?? 0) ^ 1, HEADER_BYTES + SEALED_CHUNK_BYTES + 9);
    expect(await read(flipped, CHUNK_BYTES + 1, CHUNK_BYTES + 2)).to.have.property("type", "storage_damaged");
    const cut = sealed.subarray(0, HEADER_BYTES + 2 * SEALED_CHUNK_BYTES);
    for (const [start, end] of [[0, 3 * CHUNK_BYTES], [CHUNK_BYTES, 3 * CHUNK_BYTES], [2 * CHUNK_BYTES, 3 * CHUNK_BYTES]] as const) expect(await read(cut, start, end)).to.have.property("type", "storage_damaged");
  });

  it("are not taken for nothing because the store says that there is nothing", async () => {
    const store = memoryStore();
    await store.put(NAME, await sealBytes(KEY, NAME, randomBytes(3 * CHUNK_BYTES)));
    const lying = { ...store, getRange: async (key: string, start: number, end: number) => (start > 0 && start < HEADER_BYTES + 2 * SEALED_CHUNK_BYTES ? Buffer.alloc(0) : await store.getRange(key, start, end)) };
    expect(await rejection(sealedRanges(lying).getRange(KEY, NAME, CHUNK_BYTES, 2 * CHUNK_BYTES), "a lie")).to.have.property("type", "storage_damaged");
  });

  it("are those of the newer object when it was written anew between two of them", async () => {
    const store = memoryStore();
    const ranges = sealedRanges(store);
    for (const fill of [1, 2]) {
      await store.put(NAME, await sealBytes(KEY, NAME, Buffer.alloc(2 * CHUNK_BYTES, fill)));
      expect((await ranges.getRange(KEY, NAME, CHUNK_BYTES, CHUNK_BYTES + 1))?.[0]).to.equal(fill);
    }
  });
});
