/**
 * Windows of sources inside the demuxer's thread. The container reader asks for a few bytes at a time; asking the
 * main thread for each would cost more than the bytes, so whole blocks are kept.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";

const BLOCK_BYTES = 256 * 1024;
/** Of all sources together. */
const MAX_BLOCKS = 16;
/** A read across more is of media, which is passed on, and not looked at again. */
const MAX_READ_BLOCKS = 5;

export type ReadRange = (start: number, end: number) => Promise<Uint8Array>;

interface Block { coming: Promise<Uint8Array>; bytes?: Uint8Array }

/** The blocks of all sources that are read in one thread. */
export class BlockMemory {
  private readonly blocks = new LRUCache<string, Block>(upTo(MAX_BLOCKS));
  private sources = 0;

  /** A source's own part of it: blocks by their number. */
  forSource() {
    const source = ++this.sources;
    const { blocks } = this;
    return {
      get: (number: number): Block | undefined => blocks.get(`${source}/${number}`),
      has: (number: number): boolean => blocks.has(`${source}/${number}`),
      set: (number: number, block: Block): void => void blocks.set(`${source}/${number}`, block),
      delete: (number: number): boolean => blocks.delete(`${source}/${number}`),
    };
  }
}

export function sourceBlocks(size: number, readRange: ReadRange, memory: BlockMemory) {
  const blocks = memory.forSource();
  let fetched = 0;

  async function fetch(start: number, end: number): Promise<Uint8Array> {
    const bytes = await readRange(start, end);
    if (bytes.byteLength !== end - start) throw new Error("the source gave fewer bytes than it has");
    fetched += bytes.byteLength;
    return bytes;
  }

  /** Blocks [first, last] that are not there yet and not on their way, asked for in one read. */
  function loadRun(first: number, last: number): Promise<Uint8Array>[] {
    const run = fetch(first * BLOCK_BYTES, Math.min((last + 1) * BLOCK_BYTES, size));
    return Array.from({ length: last - first + 1 }, (_, n) => {
      const [number, offset] = [first + n, n * BLOCK_BYTES];
      // A copy: a view would keep the whole run in memory for as long as one of its blocks is kept.
      const coming = run.then((bytes) => (block.bytes = first === last ? bytes : bytes.slice(offset, Math.min(offset + BLOCK_BYTES, bytes.byteLength))));
      const block: Block = { coming };
      blocks.set(number, block);
      coming.catch(() => blocks.delete(number)); // the next reader tries again; this one is told
      return coming;
    });
  }

  /** Held by who reads them: what is loaded for the later ones may drop the first from those that are kept. */
  function load(first: number, last: number): Promise<Uint8Array>[] {
    const held: Promise<Uint8Array>[] = [];
    while (first + held.length <= last) {
      const number = first + held.length;
      const known = blocks.get(number);
      if (known !== undefined) {
        held.push(known.coming);
        continue;
      }
      let until = number;
      while (until < last && !blocks.has(until + 1)) until++;
      held.push(...loadRun(number, until));
    }
    return held;
  }

  return {
    /** Bytes asked of the main thread so far. */
    get fetchedBytes() { return fetched; },
    read(start: number, end: number): Uint8Array | Promise<Uint8Array> {
      const first = Math.floor(start / BLOCK_BYTES);
      const last = Math.floor((end - 1) / BLOCK_BYTES);
      const only = first === last ? blocks.get(first)?.bytes : undefined;
      if (only !== undefined) return only.subarray(start - first * BLOCK_BYTES, end - first * BLOCK_BYTES);
      return gather(start, end, first, last);
    },
  };

  async function gather(start: number, end: number, first: number, last: number): Promise<Uint8Array> {
    if (last - first + 1 > MAX_READ_BLOCKS) return await fetch(start, end);
    const parts = await Promise.all(load(first, last));
    const bytes = new Uint8Array(end - start);
    parts.forEach((part, i) => {
      const offset = (first + i) * BLOCK_BYTES;
      const from = Math.max(start - offset, 0);
      bytes.set(part.subarray(from, Math.min(end - offset, part.byteLength)), Math.max(offset - start, 0));
    });
    return bytes;
  }
}

export type SourceBlocks = ReturnType<typeof sourceBlocks>;
