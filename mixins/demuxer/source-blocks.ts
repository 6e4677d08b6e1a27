/**
 * A window of a source inside the demuxer's thread. The container reader asks for a few bytes at a time; asking the
 * main thread for each would cost more than the bytes, so whole blocks are kept.
 */
import { LRUCache } from "lru-cache";

const BLOCK_BYTES = 256 * 1024;
const MAX_BLOCKS = 64;

export type ReadRange = (start: number, end: number) => Promise<Uint8Array>;

export function sourceBlocks(size: number, readRange: ReadRange) {
  const blocks = new LRUCache<number, Promise<Uint8Array>>({ max: MAX_BLOCKS });
  const loaded = new LRUCache<number, Uint8Array>({ max: MAX_BLOCKS });
  let fetched = 0;

  function load(number: number): Promise<Uint8Array> {
    const known = blocks.get(number);
    if (known !== undefined) return known;
    const start = number * BLOCK_BYTES;
    const end = Math.min(start + BLOCK_BYTES, size);
    const block = readRange(start, end).then((bytes) => {
      if (bytes.byteLength !== end - start) throw new Error("the source gave fewer bytes than it has");
      fetched += bytes.byteLength;
      loaded.set(number, bytes);
      return bytes;
    });
    blocks.set(number, block);
    block.catch(() => blocks.delete(number)); // the next reader tries again; this one is told
    return block;
  }

  return {
    /** Bytes asked of the main thread so far. */
    get fetchedBytes() { return fetched; },
    read(start: number, end: number): Uint8Array | Promise<Uint8Array> {
      const first = Math.floor(start / BLOCK_BYTES);
      const last = Math.floor((end - 1) / BLOCK_BYTES);
      const only = first === last ? loaded.get(first) : undefined;
      if (only !== undefined) return only.subarray(start - first * BLOCK_BYTES, end - first * BLOCK_BYTES);
      return gather(start, end, first, last);
    },
  };

  async function gather(start: number, end: number, first: number, last: number): Promise<Uint8Array> {
    const parts = await Promise.all(Array.from({ length: last - first + 1 }, (_, i) => load(first + i)));
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
