/**
 * The sample tables of an MP4's index (ISO/IEC 14496-12 8.6, 8.7): where each frame is and when it is shown. Pure.
 * The container reader has this too, as objects that an hour's 260,000 samples make slow; these are flat arrays.
 */
import { BoxReader, findBox, getBox, readBoxes, type Box } from "../cmaf/boxes.ts";
import { holeIn, type Movie } from "./movie.ts";
import { readOffsets, readSizes } from "./sample-places.ts";
import { firstDuration, mendTimes, readKeys, readTimes } from "./sample-times.ts";

/** One entry a sample, in decode order. Times in ticks of the track, the edit list applied. */
export interface SampleTable {
  timescale: number;
  count: number;
  /** Mended: no two are the same, and no key frame is shown before a frame that is decoded before it. */
  pts: Float64Array;
  durations: Uint32Array;
  sizes: Uint32Array;
  /** Bytes from the start of the file. */
  offsets: Float64Array;
  /** So many samples from the first on have their offsets and sizes; all of them, unless the index has holes. */
  loaded: number;
  /** Ascending indices of the samples that can be decoded alone. */
  keys: Uint32Array;
  /** The track's only sample entry, as it is. */
  sampleEntry: Uint8Array;
  orientation: Orientation;
}

/** How a picture is to be shown: mirrored left to right, then turned clockwise. */
export interface Orientation { mirrored: boolean; rotation: 0 | 90 | 180 | 270 }

/** Boxes in which a hole only hides where samples are. */
const MAY_HAVE_HOLES: ReadonlySet<string> = new Set(["stsz", "stsc", "stco", "co64"]);

/**
 * By track id; only tracks whose tables are of the usual kind.
 * @throws encode_failed for boxes that are not what they should be
 */
export function readSampleTables(movie: Movie): Map<number, SampleTable> {
  const boxes = readBoxes(movie.bytes);
  const tables = new Map<number, SampleTable>();
  if (findBox(boxes, "mvex") !== undefined) return tables; // fragmented: the samples are elsewhere
  const header = new BoxReader(getBox(boxes, "mvhd").body);
  header.skip(header.fullBoxHeader().version === 1 ? 16 : 8);
  const movieTimescale = header.u32();
  for (const track of boxes.filter((box) => box.type === "trak")) {
    const parts = readBoxes(track.body);
    const table = readTrack(parts, movieTimescale, movie);
    if (table !== undefined) tables.set(readTrackId(getBox(parts, "tkhd")), table);
  }
  return tables;
}

function readTrackId({ body }: Box): number {
  const reader = new BoxReader(body);
  reader.skip(reader.fullBoxHeader().version === 1 ? 16 : 8);
  return reader.u32();
}

function readTrack(parts: readonly Box[], movieTimescale: number, movie: Movie): SampleTable | undefined {
  const media = readBoxes(getBox(parts, "mdia").body);
  const mdhd = new BoxReader(getBox(media, "mdhd").body);
  mdhd.skip(mdhd.fullBoxHeader().version === 1 ? 16 : 8);
  const timescale = mdhd.u32();
  const edit = readEdit(findBox(parts, "edts"), movieTimescale, timescale);
  const information = findBox(media, "minf");
  const stbl = information === undefined ? undefined : findBox(readBoxes(information.body), "stbl");
  if (stbl === undefined || edit === undefined || timescale === 0) return undefined;
  const boxes = readBoxes(stbl.body);
  if (boxes.some(({ type, body }) => !MAY_HAVE_HOLES.has(type) && holeIn(movie, body) !== undefined)) return undefined;
  const lengths = readSizes(findBox(boxes, "stsz"), isPicture(findBox(media, "hdlr")) || firstDuration(boxes) > 1, movie);
  const count = lengths?.sizes.length ?? 0;
  if (lengths === undefined || count === 0) return undefined;
  const times = readTimes(boxes, count, edit);
  const places = readOffsets(boxes, lengths, movie);
  const sampleEntry = readSampleEntry(getBox(boxes, "stsd"));
  if (times === undefined || places === undefined || sampleEntry === undefined) return undefined;
  const keys = readKeys(findBox(boxes, "stss"), count);
  mendTimes(times.pts, keys);
  return { timescale, count, sizes: lengths.sizes, ...places, ...times, keys, sampleEntry, orientation: readOrientation(getBox(parts, "tkhd")) };
}

/** From the display matrix of a track header (8.3.2.3, 6.2.2); what is no quarter turn counts as none. */
function readOrientation({ body }: Box): Orientation {
  const reader = new BoxReader(body);
  reader.skip(reader.fullBoxHeader().version === 1 ? 48 : 36);
  const [a, b] = [reader.i32(), reader.i32()];
  reader.skip(4);
  const [c, d] = [reader.i32(), reader.i32()];
  const mirrored = a * d - b * c < 0;
  const quarters = Math.round(Math.atan2(mirrored ? -b : b, mirrored ? -a : a) / (Math.PI / 2));
  return { mirrored, rotation: ([0, 90, 180, 270] as const)[(quarters + 4) % 4] ?? 0 };
}

/** Undefined where there are several: samples then change their kind midway. */
function readSampleEntry(stsd: Box): Uint8Array | undefined {
  const reader = new BoxReader(stsd.body);
  reader.fullBoxHeader();
  return reader.u32() === 1 ? reader.bytes(reader.remaining) : undefined;
}

/** Ticks of the track to take from a sample's time; undefined for edits that do more than move the start. */
function readEdit(edts: Box | undefined, movieTimescale: number, timescale: number): number | undefined {
  const elst = edts === undefined ? undefined : findBox(readBoxes(edts.body), "elst");
  if (elst === undefined) return 0;
  const reader = new BoxReader(elst.body);
  const { version } = reader.fullBoxHeader();
  let [before, start] = [0, 0];
  let found = false;
  for (let left = reader.u32(); left > 0; left--) {
    const duration = version === 1 ? reader.i64() : reader.u32();
    const mediaTime = version === 1 ? reader.i64() : reader.i32();
    const rate = reader.u32();
    if (found || rate !== 0x10000) return undefined;
    if (mediaTime === -1) before += duration;
    else [start, found] = [mediaTime, true];
  }
  return start - (movieTimescale === 0 ? 0 : Math.round((before / movieTimescale) * timescale));
}

function isPicture(hdlr: Box | undefined): boolean {
  return hdlr !== undefined && hdlr.body.toString("latin1", 8, 12) === "vide";
}

/** Whether the sample can be decoded alone. */
export function isKeySample({ keys, count }: SampleTable, sample: number): boolean {
  if (keys.length === count) return true;
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? 0) < sample) low = middle + 1;
    else high = middle;
  }
  return keys[low] === sample;
}

/** Whether every sample lies within a file of `size` bytes, as far as their places are known. */
export function fits({ offsets, sizes, count }: SampleTable, size: number): boolean {
  for (let i = 0; i < count; i++) if ((offsets[i] ?? 0) + (sizes[i] ?? 0) > size) return false;
  return true;
}
