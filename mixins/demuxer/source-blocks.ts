/**
 * A window of a source inside the demuxer's thread. The container reader asks for a few bytes at a time; asking the
 * main thread for each would cost more than the bytes, so whole blocks are kept.
 */
import { LRUCache } from "lru-cache";

const BLOCK_BYTES = 256 * 1024;
const MAX_BLOCKS = 64;
/** As much as `source` gives in one read. */
const MAX_RUN = 16;

export type ReadRange = (start: number, end: number) => Promise<Uint8Array>;

export function sourceBlocks(size: number, readRange: ReadRange) {
  const blocks = new LRUCache<number, Promise<Uint8Array>>({ max: MAX_BLOCKS });
  const loaded = new LRUCache<number, Uint8Array>({ max: MAX_BLOCKS });
  let fetched = 0;

  /** Blocks [first, last] that are not there yet and not on their way, asked for in one read. */
  function loadRun(first: number, last: number): Promise<Uint8Array>[] {
    const start = first * BLOCK_BYTES;
    const end = Math.min((last + 1) * BLOCK_BYTES, size);
    const run = readRange(start, end).then((bytes) => {
      if (bytes.byteLength !== end - start) throw new Error("the source gave fewer bytes than it has");
      fetched += bytes.byteLength;
      return bytes;
    });
    return Array.from({ length: last - first + 1 }, (_, n) => {
      const [number, offset] = [first + n, n * BLOCK_BYTES];
      const block = run.then((bytes) => {
        // A copy: a view would keep the whole run in memory for as long as one of its blocks is kept.
        const part = first === last ? bytes : bytes.slice(offset, Math.min(offset + BLOCK_BYTES, bytes.byteLength));
        loaded.set(number, part);
        return part;
      });
      blocks.set(number, block);
      block.catch(() => blocks.delete(number)); // the next reader tries again; this one is told
      return block;
    });
  }

  /** Held by who reads them: what is loaded for the later ones may drop the first from those that are kept. */
  function load(first: number, last: number): Promise<Uint8Array>[] {
    const held: Promise<Uint8Array>[] = [];
    while (first + held.length <= last) {
      const number = first + held.length;
      const known = blocks.get(number);
      if (known !== undefined) {
        held.push(known);
        continue;
      }
      let until = number;
      while (until < last && until - number + 1 < MAX_RUN && !blocks.has(until + 1)) until++;
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
      const only = first === last ? loaded.get(first) : undefined;
      if (only !== undefined) return only.subarray(start - first * BLOCK_BYTES, end - first * BLOCK_BYTES);
      return gather(start, end, first, last);
    },
  };

  async function gather(start: number, end: number, first: number, last: number): Promise<Uint8Array> {
    if (last - first + 1 > MAX_BLOCKS) return await readRange(start, end); // more than is kept
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
