/**
 * Reads ranges of an opened source out of blocks. Each block is fetched once however many want it at the same time,
 * neighbouring blocks in one request, and given to its readers as it arrives.
 */
import { fail } from "../../../config/errors.ts";
import type { BlockCache } from "./block-cache.ts";
import { BLOCK_BYTES, blockLength, blockOf } from "./blocks.ts";
import { noteRead, type Cursors } from "./read-ahead.ts";
import type { SourceMeter } from "../source-meter.ts";

/** Takes block `n`; resolves when it can take another. `from`: absent, the origin. */
export type Deliver = (n: number, bytes: Buffer, from?: "origin" | "region") => Promise<void>;

/** Where an opened source's blocks come from. */
export interface Supply {
  /**
   * Delivers the blocks `first` to `last` (inclusive), in any order, and others if they come along.
   * @param isWanted whether a block has not come by itself meanwhile
   */
  fetch(first: number, last: number, deliver: Deliver, isWanted: (n: number) => boolean): Promise<void>;
  /** Bytes from the beginning that have come, while all of the source comes once and in order; else undefined. */
  arrived?(): number | undefined;
}

export interface OpenedSource {
  /** Of this source's blocks in the cache; starts with the source's own key. */
  readonly cacheKey: string;
  readonly size: number;
  readonly version: string;
  readonly contentType: string | undefined;
  readonly supply: Supply;
  /** Past the other nodes of the region, for when one of them asks us. */
  readonly ownSupply: Supply;
  /** Whether blocks may be fetched that nobody waits for yet. */
  readonly readAhead: boolean;
  /** False when the bytes already lie on a disk of this node. */
  readonly keepOnDisk: boolean;
  /** Blocks that are on their way. */
  readonly flights: Map<number, PromiseWithResolvers<Buffer>>;
  readonly cursors: Cursors;
}

export interface BlockReader {
  /**
   * [start, end), within the source's size. The bytes may be shared: they must not be written to.
   * @param ahead false: the reader hops about, which says nothing of what is read next
   */
  read(source: OpenedSource, start: number, end: number, ahead?: boolean): Promise<Buffer>;
  /** The same without asking another node, which may be the one that asks; nothing is read ahead. */
  readOwn(source: OpenedSource, start: number, end: number): Promise<Buffer>;
  /** Keeps a block that came by itself. */
  deliverTo(source: OpenedSource): Deliver;
  /** Registers blocks `first` to `last` as on their way by `fetch`. */
  expect(source: OpenedSource, first: number, last: number, fetch: (deliver: Deliver) => Promise<void>): void;
}

export function blockReader(cache: BlockCache, meter: Pick<SourceMeter, "bytes">): BlockReader {
  const isHere = (source: OpenedSource, n: number): boolean =>
    source.flights.has(n) || cache.findInMemory(source.cacheKey, n) !== undefined || cache.isOnDisk(source.cacheKey, n);

  const deliverTo = (source: OpenedSource): Deliver => async (n, bytes, from = "origin") => {
    meter.bytes(from, bytes.length);
    const kept = cache.put(source.cacheKey, n, bytes, source.keepOnDisk);
    source.flights.get(n)?.resolve(bytes);
    source.flights.delete(n);
    await kept;
  };

  function takeOff(source: OpenedSource, n: number): Promise<Buffer> {
    const flight = Promise.withResolvers<Buffer>();
    flight.promise.catch(() => undefined); // whoever waits for the block hears it; nobody may
    source.flights.set(n, flight);
    return flight.promise;
  }

  /** Runs `fetch` for blocks whose flights are registered; what it leaves undelivered fails. */
  function run(source: OpenedSource, first: number, last: number, fetch: (deliver: Deliver) => Promise<void>): void {
    const mine = new Map<number, PromiseWithResolvers<Buffer>>();
    for (let n = first; n <= last; n++) {
      const flight = source.flights.get(n);
      if (flight !== undefined) mine.set(n, flight);
    }
    const settle = (error: unknown): void => {
      for (const [n, flight] of mine) {
        if (source.flights.get(n) !== flight) continue; // landed; a newer flight is not ours
        source.flights.delete(n);
        flight.reject(error);
      }
    };
    fetch(deliverTo(source)).then(() => settle(fail("source_unreachable", "The origin does not send all of the file.")), settle);
  }

  function expect(source: OpenedSource, first: number, last: number, fetch: (deliver: Deliver) => Promise<void>): void {
    for (let n = first; n <= last; n++) if (!source.flights.has(n)) void takeOff(source, n);
    run(source, first, last, fetch);
  }

  /** Fetches `blocks` (ascending, flights registered), each contiguous run in one request. */
  function fetchRuns(source: OpenedSource, blocks: readonly number[], supply: Supply): void {
    let first = blocks[0];
    for (const [i, n] of blocks.entries()) {
      if (first === undefined || blocks[i + 1] === n + 1) continue;
      const start = first;
      run(source, start, n, (deliver) => supply.fetch(start, n, deliver, (block) => source.flights.has(block)));
      first = blocks[i + 1];
    }
  }

  async function loadFromDisk(source: OpenedSource, n: number, supply: Supply): Promise<void> {
    const bytes = await cache.readFromDisk(source.cacheKey, n, blockLength(n, source.size));
    if (bytes === undefined) {
      fetchRuns(source, [n], supply);
      return;
    }
    meter.bytes("disk", bytes.length);
    source.flights.get(n)?.resolve(bytes);
    source.flights.delete(n);
  }

  /** The blocks after a sequential reader's that are worth fetching now: none while enough of them are here. */
  function planAhead(source: OpenedSource, last: number, end: number, windowBytes: number, fetching: boolean): number[] {
    if (windowBytes === 0) return [];
    const until = blockOf(Math.min(source.size, end + windowBytes) - 1);
    let next = last + 1;
    while (next <= until && isHere(source, next)) next++;
    if (next > until || (!fetching && next * BLOCK_BYTES - end > windowBytes / 2)) return [];
    const ahead: number[] = [];
    for (; next <= until && !isHere(source, next); next++) ahead.push(next);
    return ahead;
  }

  async function readBlocks(source: OpenedSource, start: number, end: number, windowBytes: number, supply: Supply): Promise<Buffer> {
    const [first, last] = [blockOf(start), blockOf(end - 1)];
    const wanted: (Buffer | Promise<Buffer>)[] = [];
    const missing: number[] = [];
    for (let n = first; n <= last; n++) {
      const inMemory = cache.findInMemory(source.cacheKey, n);
      if (inMemory !== undefined) {
        meter.bytes("memory", inMemory.length);
        wanted.push(inMemory);
        continue;
      }
      const flight = source.flights.get(n);
      wanted.push(flight?.promise ?? takeOff(source, n));
      if (flight !== undefined) continue;
      if (cache.isOnDisk(source.cacheKey, n)) {
        void loadFromDisk(source, n, supply);
      } else missing.push(n);
    }
    const ahead = planAhead(source, last, end, windowBytes, missing.length > 0);
    for (const n of ahead) void takeOff(source, n);
    fetchRuns(source, [...missing, ...ahead], supply);

    const offset = first * BLOCK_BYTES;
    if (wanted.length === 1 && wanted[0] !== undefined) return (await wanted[0]).subarray(start - offset, end - offset);
    const blocks = await Promise.all(wanted);
    return Buffer.concat(blocks.map((block, i) => block.subarray(Math.max(0, start - offset - i * BLOCK_BYTES), end - offset - i * BLOCK_BYTES)), end - start);
  }

  return {
    deliverTo,
    expect,
    read: async (source, start, end, ahead = true) => await readBlocks(source, start, end, ahead && source.readAhead ? noteRead(source.cursors, start, end) : 0, source.supply),
    readOwn: async (source, start, end) => await readBlocks(source, start, end, 0, source.ownSupply),
  };
}
