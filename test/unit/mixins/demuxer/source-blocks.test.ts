import { expect } from "chai";
import * as fc from "fast-check";
import { BlockMemory, sourceBlocks } from "../../../../mixins/demuxer/source-blocks.ts";
import { rejection } from "../../../support/rejection.ts";

const KiB = 1024;
const BLOCK = 256 * KiB;

/** A source of `size` bytes, each told by its place; counts what is asked of it. */
function source(size: number) {
  const bytes = Buffer.alloc(size, 0);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8)) & 0xff;
  const asked: string[] = [];
  return { bytes, asked, readRange: async (start: number, end: number): Promise<Uint8Array> => { asked.push(`${start}-${end}`); return bytes.subarray(start, end); } };
}

describe("blocks of a source", () => {
  it("are asked for whole, and once", async () => {
    const { bytes, asked, readRange } = source(600 * KiB);
    const blocks = sourceBlocks(bytes.length, readRange, new BlockMemory());
    expect(Buffer.from(await blocks.read(10, 20))).to.deep.equal(bytes.subarray(10, 20));
    expect(Buffer.from(await blocks.read(1_000, 5_000))).to.deep.equal(bytes.subarray(1_000, 5_000));
    expect(asked).to.deep.equal([`0-${BLOCK}`]);
    await blocks.read(600 * KiB - 1, 600 * KiB);
    expect(asked[1]).to.equal(`${2 * BLOCK}-${600 * KiB}`);
    expect(blocks.fetchedBytes).to.equal(BLOCK + 600 * KiB - 2 * BLOCK);
  });

  it("are answered at once when they are there, without a copy", async () => {
    const { bytes, readRange } = source(300 * KiB);
    const blocks = sourceBlocks(bytes.length, readRange, new BlockMemory());
    await blocks.read(0, 1);
    const again = blocks.read(5, 50);
    if (again instanceof Promise) throw new Error("waited for what was there");
    expect(again.buffer).to.equal(bytes.buffer);
  });

  it("are asked for once by many who want them at the same time", async () => {
    const { bytes, asked, readRange } = source(300 * KiB);
    const blocks = sourceBlocks(bytes.length, readRange, new BlockMemory());
    await Promise.all(Array.from({ length: 10 }, (_, n) => blocks.read(n, n + 10)));
    expect(asked).to.have.length(1);
  });

  it("are joined where a read crosses them", async () => {
    const { bytes, asked, readRange } = source(1_000 * KiB);
    const blocks = sourceBlocks(bytes.length, readRange, new BlockMemory());
    expect(Buffer.from(await blocks.read(BLOCK - 3, 2 * BLOCK + 5))).to.deep.equal(bytes.subarray(BLOCK - 3, 2 * BLOCK + 5));
    expect(asked).to.have.length(1);
  });

  it("are what the source holds, also when more are read at once than are kept", async () => {
    const { bytes, readRange } = source(100 * BLOCK);
    const blocks = sourceBlocks(bytes.length, readRange, new BlockMemory());
    const is = async (first: number, last: number): Promise<boolean> => Buffer.compare(await blocks.read(first * BLOCK, last * BLOCK), bytes.subarray(first * BLOCK, last * BLOCK)) === 0;
    expect([await is(0, 1), await is(40, 100)]).to.deep.equal([true, true]);
    expect(await is(0, 40)).to.equal(true); // whose first block is the one that is dropped for the others
    const spans = Array.from({ length: 20 }, (_, n) => is(n * 2, n * 2 + 60));
    expect(await Promise.all(spans)).to.deep.equal(spans.map(() => true));
    for (let first = 0; first < 40; first += 3) expect(await is(first, first + 60)).to.equal(true);
  });

  it("are not kept of a read across many: that is media, and passed on", async () => {
    const { bytes, asked, readRange } = source(20 * BLOCK);
    const blocks = sourceBlocks(bytes.length, readRange, new BlockMemory());
    for (let n = 0; n < 2; n++) expect(Buffer.compare(await blocks.read(5, 6 * BLOCK), bytes.subarray(5, 6 * BLOCK))).to.equal(0);
    expect([asked, blocks.fetchedBytes]).to.deep.equal([[`5-${6 * BLOCK}`, `5-${6 * BLOCK}`], 2 * (6 * BLOCK - 5)]);
    const few = await Promise.all(Array.from({ length: 15 }, (_, n) => blocks.read(n * BLOCK + 1, (n + 5) * BLOCK)));
    expect(few.map((part, n) => Buffer.compare(part, bytes.subarray(n * BLOCK + 1, (n + 5) * BLOCK)))).to.deep.equal(few.map(() => 0));
  });

  it("are what the source holds, wherever they are read", async () => {
    const { bytes, readRange } = source(700 * KiB);
    const blocks = sourceBlocks(bytes.length, readRange, new BlockMemory());
    const place = fc.oneof(fc.integer({ min: 0, max: bytes.length }), fc.constantFrom(0, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, bytes.length));
    await fc.assert(fc.asyncProperty(place, place, async (one, other) => {
      const [start, end] = [Math.min(one, other), Math.max(one, other)];
      expect(Buffer.compare(await blocks.read(start, end), bytes.subarray(start, end))).to.equal(0);
    }), { numRuns: 60 });
  });

  it("are asked for again after a failure, of which the reader is told", async () => {
    const { bytes, readRange } = source(10 * KiB);
    let failures = 1;
    const blocks = sourceBlocks(bytes.length, async (start, end) => { if (failures-- > 0) throw new Error("the origin is away"); return await readRange(start, end); }, new BlockMemory());
    expect(await rejection(Promise.resolve(blocks.read(0, 5)), "read")).to.have.property("message", "the origin is away");
    expect(Buffer.from(await blocks.read(0, 5))).to.deep.equal(bytes.subarray(0, 5));
  });

  it("are refused when they are shorter than they should be, rather than filled with zeros", async () => {
    const { bytes, readRange } = source(600 * KiB);
    const blocks = sourceBlocks(bytes.length, async (start, end) => await readRange(start, end - 1), new BlockMemory());
    expect(await rejection(Promise.resolve(blocks.read(BLOCK - 5, BLOCK + 5)), "read")).to.have.property("message", "the source gave fewer bytes than it has");
  });

  it("take no more than 4 MiB, those of all sources together: the longest unused go", async () => {
    const memory = new BlockMemory();
    const open = (name: string) => sourceBlocks(100 * BLOCK, async (start, end) => { asked.push(`${name} ${start / BLOCK}`); return new Uint8Array(end - start); }, memory);
    const asked: string[] = [];
    const [one, other] = [open("one"), open("other")];
    const readFirstOf = async (blocks: typeof one, n: number): Promise<unknown> => await blocks.read(n * BLOCK, n * BLOCK + 1);
    for (let n = 0; n < 9; n++) await readFirstOf(one, n);
    for (let n = 0; n < 8; n++) await readFirstOf(other, n);
    await readFirstOf(other, 7);
    await readFirstOf(one, 1);
    expect(asked).to.have.length(17);
    await readFirstOf(one, 0);
    expect(asked.at(-1)).to.equal("one 0");
    await readFirstOf(other, 0);
    expect(asked).to.have.length(18); // of which nothing had to go but the longest unused
  });
});
