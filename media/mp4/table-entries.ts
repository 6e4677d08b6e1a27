/** Tables of entries of one length, as MP4 has them: a full box, a count, the entries. Pure. */
import { BoxReader, type Box } from "../cmaf/boxes.ts";
import { holeIn, type Movie, type Range } from "./movie.ts";

/** Entries [gap.start, gap.end) are not known: they lie in a part of the index that has not been read. */
export interface Entries { count: number; bytes: Buffer; gap: Range }

/** `movie`: absent where there is no hole in the box. @throws encode_failed when the box is shorter than its count says */
export function readEntries(box: Box, entryBytes: number, movie?: Movie): Entries {
  const reader = new BoxReader(box.body);
  reader.fullBoxHeader();
  const count = reader.u32();
  const bytes = reader.bytes(count * entryBytes);
  return { count, bytes, gap: gapIn(bytes, entryBytes, movie) };
}

/** In entries; behind the last one where there is none. */
export function gapIn(bytes: Buffer, entryBytes: number, movie: Movie | undefined): Range {
  const hole = movie === undefined ? undefined : holeIn(movie, bytes);
  const count = bytes.byteLength / entryBytes;
  return hole === undefined ? { start: count, end: count } : { start: Math.floor(hole.start / entryBytes), end: Math.ceil(hole.end / entryBytes) };
}

export function isKnown({ gap }: Pick<Entries, "gap">, entry: number): boolean {
  return entry < gap.start || entry >= gap.end;
}

/** Checked bounds are paid for once, where the bytes are taken; here they would be most of the time. */
export function u32At(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}
