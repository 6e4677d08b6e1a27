/** An opened container: the general reader, and our own readers of its index beside it. */
import { CustomSource, Input, MATROSKA, MP4, QTFF, WEBM } from "mediabunny";
import { findErrorCode } from "../../config/error-codes.ts";
import type { SubtitleFacts } from "../../media/facts.ts";
import { fits, readSampleTables, type SampleTable } from "../../media/mp4/sample-tables.ts";
import { MAX_READ_BYTES } from "../../services/source/source.contract.ts";
import { readMatroskaHead, type MatroskaHead } from "./matroska-head.ts";
import { readMovieBox, type MovieBox, type ReadBytes, type SparseReading } from "./movie-box.ts";
import { sourceBlocks, type BlockMemory, type ReadRange, type SourceBlocks } from "./source-blocks.ts";
import { findTextTracks } from "./text-tracks.ts";

export interface Index {
  /** By track id: the flat sample tables of an MP4 of the usual kind. */
  tables: ReadonlyMap<number, SampleTable>;
  /** The index has holes: only the tables are to be asked for packets, as far as they are loaded. */
  isSparse: boolean;
}

export interface Container {
  input: Input;
  blocks: SourceBlocks;
  /** Read when first wanted, and to be wanted before the container is read, which then finds it in memory. */
  index(): Promise<Index>;
  /** By track id: seconds at which a Matroska file says that a track can be entered. */
  cues(): Promise<MatroskaHead["cues"]>;
  textTracks(): Promise<SubtitleFacts[]>;
  /** Lets go of the index's bytes, once it has been read. */
  forgetMovie(): void;
}

/** `sparse`: absent, the index of an MP4 is read whole. */
export function openContainer(size: number, readRange: ReadRange, memory: BlockMemory, sparse?: SparseReading): Container {
  const readWhole = readInPieces(size, readRange);
  const blocks = sourceBlocks(size, readWhole, memory);
  let movie: MovieBox | undefined;
  /** Of an MP4, whose index is let go of before it may be asked for them again. */
  let texts: SubtitleFacts[] | undefined;
  const read: ReadBytes = (start, end) =>
    movie !== undefined && start >= movie.start && end <= movie.start + movie.bytes.byteLength
      ? movie.bytes.subarray(start - movie.start, end - movie.start)
      : blocks.read(start, end);
  const input = new Input({
    formats: [MP4, QTFF, MATROSKA, WEBM],
    source: new CustomSource({ getSize: () => size, read, maxCacheSize: 1024 * 1024 }),
  });
  let index: Promise<Index> | undefined;
  let head: Promise<MatroskaHead | undefined> | undefined;
  const readHead = (): Promise<MatroskaHead | undefined> => (head ??= readMatroskaHead(blocks.read, readWhole, size));
  return {
    input, blocks,
    index: () => (index ??= readMovieBox({ read: blocks.read, readWhole, ...(sparse === undefined ? {} : { sparse }) }, size).then((found) => {
      movie = found; // the container reader wants it too
      if (found !== undefined) texts = findTextTracks(found, undefined);
      return { tables: readTables(found, size), isSparse: found !== undefined && found.holes.length > 0 };
    })),
    cues: async () => (texts === undefined ? (await readHead())?.cues : undefined) ?? new Map(),
    textTracks: async () => texts ?? findTextTracks(undefined, await readHead()),
    forgetMovie: () => { movie = undefined; },
  };
}

/** In as few reads as `source` allows. */
function readInPieces(size: number, readRange: ReadRange): ReadRange {
  return async (start, end) => {
    if (end - start <= MAX_READ_BYTES) return await readRange(start, end);
    const bytes = new Uint8Array(Math.min(end, size) - start);
    const starts = Array.from({ length: Math.ceil(bytes.byteLength / MAX_READ_BYTES) }, (_, i) => start + i * MAX_READ_BYTES);
    await Promise.all(starts.map(async (at) => bytes.set(await readRange(at, Math.min(at + MAX_READ_BYTES, end)), at - start)));
    return bytes;
  };
}

/** None where the index is not of the usual kind: the container reader then does without. */
function readTables(movie: MovieBox | undefined, size: number): Index["tables"] {
  if (movie === undefined) return new Map();
  try {
    return new Map([...readSampleTables(movie)].filter(([, table]) => fits(table, size)));
  } catch (error) {
    if (findErrorCode(error) === undefined) throw error;
    return new Map();
  }
}
