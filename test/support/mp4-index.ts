/** Writes the index of an MP4 as a test wants it (ISO/IEC 14496-12 8). */
import { box, fullBox, i32, readBoxes, u16, u32, u64, type Box } from "../../media/cmaf/boxes.ts";

export interface WrittenTrack {
  id: number;
  handler: "vide" | "soun" | "text";
  sizes: readonly number[];
  /** How many samples each chunk has; together at least as many as there are sizes. */
  chunks: readonly number[];
  /** Composition offsets, one a sample. */
  offsets?: readonly number[];
  /** Of key frames, counted from 1. */
  keys?: readonly number[];
  /** 64-bit places of chunks. */
  wide?: boolean;
  /** In which the tables come; the others follow. */
  order?: readonly string[];
  /** A box that nobody knows, so many bytes long, behind the tables. */
  padding?: number;
}

export const TABLES = ["stsd", "stts", "ctts", "stss", "stsc", "stsz", "stco"] as const;
const TICKS = 10;

/** The body of a moov; chunks of all tracks lie one after another from byte `dataStart` on, by turns. Tells how long the file is. */
export function writeIndex(tracks: readonly WrittenTrack[], dataStart: number): { movie: Buffer; size: number } {
  let size = dataStart;
  const places = tracks.map((): number[] => []);
  const next = tracks.map(() => 0);
  for (let chunk = 0; tracks.some(({ chunks }) => chunk < chunks.length); chunk++) {
    tracks.forEach(({ chunks, sizes }, track) => {
      const count = chunks[chunk];
      if (count === undefined) return;
      const first = next[track] ?? 0;
      places[track]?.push(size);
      size += sizes.slice(first, first + count).reduce((sum, length) => sum + length, 0);
      next[track] = first + count;
    });
  }
  return { movie: Buffer.concat([fullBox("mvhd", 0, 0, u32(0, 0, 1_000, 0)), ...tracks.map((track, i) => writeTrack(track, places[i] ?? []))]), size };
}

function writeTrack({ id, handler, sizes, chunks, offsets, keys, wide = false, order = TABLES, padding = 0 }: WrittenTrack, places: readonly number[]): Buffer {
  const count = sizes.length;
  const runs = chunks.flatMap((samples, i) => (samples === chunks[i - 1] ? [] : [u32(i + 1, samples, 1)]));
  const tables: Record<string, Buffer> = {
    stsd: fullBox("stsd", 0, 0, u32(1), box("zzzz", Buffer.alloc(78))),
    stts: fullBox("stts", 0, 0, u32(1, count, TICKS)),
    ...(offsets === undefined ? {} : { ctts: fullBox("ctts", 1, 0, u32(count), ...offsets.map((offset) => Buffer.concat([u32(1), i32(offset)]))) }),
    ...(keys === undefined ? {} : { stss: fullBox("stss", 0, 0, u32(keys.length, ...keys)) }),
    stsc: fullBox("stsc", 0, 0, u32(runs.length), ...runs),
    stsz: fullBox("stsz", 0, 0, u32(0, count, ...sizes)),
    stco: wide ? fullBox("co64", 0, 0, u32(places.length), u64(...places)) : fullBox("stco", 0, 0, u32(places.length, ...places)),
  };
  const names = [...new Set([...order, ...Object.keys(tables)])];
  const stbl = box("stbl", ...names.flatMap((name) => tables[name] ?? []), ...(padding === 0 ? [] : [box("free", Buffer.alloc(padding))]));
  const matrix = i32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
  return box("trak",
    fullBox("tkhd", 0, 3, u32(0, 0, id, 0, 0, 0, 0), u16(0, 0, 0, 0), matrix, u32(0, 0)),
    box("mdia", fullBox("mdhd", 0, 0, u32(0, 0, 1_000, 0)), fullBox("hdlr", 0, 0, u32(0), Buffer.from(handler, "latin1"), Buffer.alloc(13)), box("minf", stbl)));
}

const CONTAINERS: ReadonlySet<string> = new Set(["moov", "trak", "mdia", "minf", "stbl"]);

/** The same file, whose index comes last, with some boxes of the index replaced. `track` counts from 0. */
export function rewriteIndex(file: Buffer, replace: (box: Box, track: number) => Buffer | undefined): Buffer {
  let track = -1;
  const copy = (part: Box): Buffer => {
    if (part.type === "trak") track++;
    return replace(part, track) ?? box(part.type, ...(CONTAINERS.has(part.type) ? readBoxes(part.body).map(copy) : [part.body]));
  };
  return Buffer.concat(readBoxes(file).map((part) => (part.type === "moov" ? copy(part) : file.subarray(part.start, part.end))));
}
