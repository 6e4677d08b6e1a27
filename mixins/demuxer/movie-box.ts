/** Finds the index of an MP4 by hopping over its top-level boxes, and reads of a large one what a beginning needs. */
import type { Movie, Range } from "../../media/mp4/movie.ts";
import { findWanted, type SparseOptions } from "../../media/mp4/sparse-movie.ts";

/** An index larger than this is left to the general reader, which has limits of its own. */
const MAX_MOVIE_BYTES = 12 * 1024 * 1024;
const MAX_BOXES = 64;
/** Round trips for parts of an index; a usual one takes two or three. */
const MAX_ROUNDS = 8;

export type ReadBytes = (start: number, end: number) => Uint8Array | Promise<Uint8Array>;

/** The body of a moov box, and where it starts in the file. */
export interface MovieBox extends Movie { start: number }

/** How an index is read in part. */
export interface SparseReading extends SparseOptions {
  /** A smaller index is read whole. */
  leastBytes: number;
  /** What a source is fetched in: less of it costs as much. */
  blockBytes: number;
}

/** A block is what a source is fetched in. Below eight of them hardly one is spared, and each round trip costs as much as some. */
export const SPARSE: SparseReading = { leastBytes: 2 * 1024 * 1024, blockBytes: 256 * 1024, samples: 4_096, tailBytes: 1_024 };

export interface MovieReaders {
  /** For headers. */
  read: ReadBytes;
  /** For the box itself, in pieces of any length. */
  readWhole: ReadBytes;
  /** Absent: no holes are left. */
  sparse?: SparseReading;
}

/** Undefined where there is none of the usual kind. */
export async function readMovieBox({ read, readWhole, sparse }: MovieReaders, size: number): Promise<MovieBox | undefined> {
  for (let at = 0, count = 0; size - at >= 16 && count < MAX_BOXES; count++) {
    const header = Buffer.from(await read(at, at + 16));
    const short = header.readUInt32BE(0);
    const length = short === 1 ? Number(header.readBigUInt64BE(8)) : short;
    const type = header.toString("latin1", 4, 8);
    if (!Number.isSafeInteger(length) || length < 8 || at + length > size) return undefined;
    if (type === "moov") return short === 1 || length > MAX_MOVIE_BYTES ? undefined : await readBody({ start: at + 8, end: at + length }, readWhole, sparse);
    at += length;
  }
  return undefined;
}

async function readBody({ start, end }: Range, read: ReadBytes, sparse: SparseReading | undefined): Promise<MovieBox> {
  const inPart = sparse === undefined || end - start < sparse.leastBytes ? undefined : await readInPart({ start, end }, read, sparse);
  return inPart ?? { start, bytes: await read(start, end), holes: [] };
}

/** Undefined where little would be spared, or the index is not of the usual kind. */
async function readInPart(body: Range, read: ReadBytes, sparse: SparseReading): Promise<MovieBox | undefined> {
  const { blockBytes } = sparse;
  const bytes = new Uint8Array(body.end - body.start).fill(0xff);
  const [first, last] = [Math.floor(body.start / blockBytes), Math.floor((body.end - 1) / blockBytes)];
  const loaded = new Set<number>();
  /** In the body, of blocks `from` to `to`. */
  const partOf = (from: number, to: number): Range => ({ start: Math.max(from * blockBytes, body.start) - body.start, end: Math.min((to + 1) * blockBytes, body.end) - body.start });
  const blocksOf = ({ start, end }: Range): number[] => numbers(Math.floor((body.start + start) / blockBytes), Math.floor((body.start + end - 1) / blockBytes));

  let missing = [first];
  for (let round = 0; missing.length > 0; round++) {
    if (round > MAX_ROUNDS || loaded.size + missing.length >= last - first) return undefined;
    await Promise.all(runsOf(missing).map(async ({ start: from, end: to }) => {
      const part = partOf(from, to);
      bytes.set(await read(body.start + part.start, body.start + part.end), part.start);
    }));
    for (const block of missing) loaded.add(block);
    const wanted = findWanted(bytes, (part) => blocksOf(part).every((block) => loaded.has(block)), sparse);
    if (wanted === undefined) return undefined;
    missing = [...new Set(wanted.flatMap(blocksOf))].filter((block) => !loaded.has(block)).toSorted((a, b) => a - b);
  }
  return { start: body.start, bytes, holes: runsOf(numbers(first, last).filter((block) => !loaded.has(block))).map(({ start: from, end: to }) => partOf(from, to)) };
}

const numbers = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Of ascending numbers; `end` is the last one. */
function runsOf(blocks: readonly number[]): Range[] {
  const runs: Range[] = [];
  for (const block of blocks) {
    const run = runs.at(-1);
    if (run?.end === block - 1) run.end = block;
    else runs.push({ start: block, end: block });
  }
  return runs;
}
