import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { blockCache, type BlockCache } from "../../../../../services/source/blocks/block-cache.ts";
import { blockReader, type Deliver, type OpenedSource, type Supply } from "../../../../../services/source/blocks/block-reader.ts";
import { BLOCK_BYTES, blockLength, blockOf, cutBlocks } from "../../../../../services/source/blocks/blocks.ts";
import { openDiskBlocks } from "../../../../../services/source/blocks/disk-blocks.ts";

const SIZE = 20 * BLOCK_BYTES + 777;
const content = Buffer.from(Uint32Array.from({ length: Math.ceil(SIZE / 4) }, (_, i) => i * 2_654_435_761).buffer).subarray(0, SIZE);
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const meter = { bytes: () => undefined };
const blockAt = (n: number): Buffer => content.subarray(n * BLOCK_BYTES, n * BLOCK_BYTES + blockLength(n, SIZE));

describe("block reader", () => {
  let dir: string;
  let cache: BlockCache;
  let fetched: string[];
  let supply: (first: number, last: number, deliver: Deliver) => Promise<void>;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "block-reader-"));
    cache = blockCache(await openDiskBlocks(dir, 64 * BLOCK_BYTES, log));
    fetched = [];
    supply = async (first, last, deliver) => {
      for (let n = first; n <= last; n++) await deliver(n, Buffer.from(blockAt(n)));
    };
  });
  afterEach(async () => {
    await cache.close();
    await rm(dir, { recursive: true, force: true });
  });

  const open = (): OpenedSource => {
    const counted: Supply = {
      fetch(first, last, deliver) {
        fetched.push(`${first}-${last}`);
        return supply(first, last, deliver);
      },
    };
    return { cacheKey: "s.v", size: SIZE, version: "v", contentType: undefined, readAhead: true, keepOnDisk: true, flights: new Map(), cursors: [], supply: counted, ownSupply: counted };
  };

  it("gives any range exactly, wherever its blocks are", async () => {
    const reader = blockReader(cache, meter);
    const source = open();
    await fc.assert(fc.asyncProperty(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 512 * 1024 }), async (start, length) => {
      const end = Math.min(SIZE, start + length);
      expect((await reader.read(source, start, end)).equals(content.subarray(start, end))).to.equal(true);
    }), { numRuns: 60 });
  });

  it("fetches neighbouring blocks in one go, and each block once for all who want it", async () => {
    const reader = blockReader(cache, meter);
    const source = open();
    const gate = Promise.withResolvers<void>();
    const prompt = supply;
    supply = async (first, last, deliver) => {
      await gate.promise;
      await prompt(first, last, deliver);
    };
    const reads = [reader.read(source, 0, 2 * BLOCK_BYTES), reader.read(source, 10, 20), reader.read(source, BLOCK_BYTES, 2 * BLOCK_BYTES)];
    gate.resolve();
    await Promise.all(reads);
    expect(fetched).to.deep.equal(["0-1"]);
  });

  it("gives a block to its reader as soon as it is there", async () => {
    const reader = blockReader(cache, meter);
    const source = open();
    const rest = Promise.withResolvers<void>();
    supply = async (first, last, deliver) => {
      await deliver(first, Buffer.from(blockAt(first)));
      await rest.promise;
      for (let n = first + 1; n <= last; n++) await deliver(n, Buffer.from(blockAt(n)));
    };
    const both = reader.read(source, 0, 2 * BLOCK_BYTES);
    expect((await reader.read(source, 0, 100)).equals(content.subarray(0, 100))).to.equal(true);
    rest.resolve();
    await both;
  });

  it("fetches ahead of a reader who goes through, not of one who hops", async () => {
    const reader = blockReader(cache, meter);
    const source = open();
    for (const n of [19, 3, 11]) await reader.read(source, n * BLOCK_BYTES, (n + 1) * BLOCK_BYTES);
    expect(fetched).to.deep.equal(["19-19", "3-3", "11-11"]);
    fetched = [];
    const through = open();
    for (let n = 0; n < 20; n += 2) await reader.read(through, n * BLOCK_BYTES, (n + 2) * BLOCK_BYTES);
    expect(fetched.length).to.be.below(10);
    const blocks = fetched.flatMap((run) => {
      const [first = 0, last = 0] = run.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
    expect(new Set(blocks).size, "none twice").to.equal(blocks.length);
  });

  it("fetches nothing ahead of one who says that he hops about, and takes his steps for nobody's", async () => {
    const reader = blockReader(cache, meter);
    const source = open();
    for (let n = 0; n < 6; n++) await reader.read(source, n * BLOCK_BYTES, (n + 1) * BLOCK_BYTES, false);
    await reader.read(source, 6 * BLOCK_BYTES, 7 * BLOCK_BYTES);
    expect(fetched).to.deep.equal(["0-0", "1-1", "2-2", "3-3", "4-4", "5-5", "6-6"]);
  });

  it("takes from the disk what memory has dropped", async () => {
    const reader = blockReader(cache, meter);
    const source = open();
    await reader.read(source, 0, 10);
    await cache.close(); // all writes done, memory empty
    fetched = [];
    expect((await reader.read(source, 0, 10)).equals(content.subarray(0, 10))).to.equal(true);
    expect(fetched).to.deep.equal([]);
  });

  it("fails those who wait for what does not come, and tries again for the next", async () => {
    const reader = blockReader(cache, meter);
    const source = open();
    const good = supply;
    supply = async (first, _last, deliver) => {
      await deliver(first, Buffer.from(blockAt(first)));
      throw new Error("cut");
    };
    const failure = await reader.read(source, 0, 2 * BLOCK_BYTES).then(() => undefined, (error: unknown) => error);
    expect(failure).to.be.instanceOf(Error).with.property("message", "cut");
    supply = async () => undefined;
    const silence = await reader.read(source, BLOCK_BYTES, 2 * BLOCK_BYTES).then(() => undefined, (error: unknown) => error);
    expect(silence).to.have.property("type", "source_unreachable");
    supply = good;
    expect((await reader.read(source, 0, 2 * BLOCK_BYTES)).equals(content.subarray(0, 2 * BLOCK_BYTES))).to.equal(true);
    expect(fetched).to.deep.equal(["0-1", "1-1", "1-1"]);
  });
});

describe("blocks", () => {
  it("are cut the same, however the body arrives", async () => {
    await fc.assert(fc.asyncProperty(fc.nat(3 * BLOCK_BYTES), fc.integer({ min: 1, max: 400_000 }), async (size, piece) => {
      async function* body(): AsyncGenerator<Buffer> {
        for (let at = 0; at < size; at += piece) yield content.subarray(at, Math.min(size, at + piece));
      }
      const blocks: Buffer[] = [];
      for await (const block of cutBlocks(body(), size)) blocks.push(block);
      expect(blocks.map((block) => block.length)).to.deep.equal(Array.from({ length: size === 0 ? 0 : blockOf(size - 1) + 1 }, (_, n) => blockLength(n, size)));
      expect(Buffer.concat(blocks).equals(content.subarray(0, size))).to.equal(true);
    }), { numRuns: 30 });
  });
});
