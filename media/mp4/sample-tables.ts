/**
 * The sample tables of an MP4's index (ISO/IEC 14496-12 8.6, 8.7): where each frame is and when it is shown. Pure.
 * The container reader has this too, as objects that an hour's 260,000 samples make slow; these are flat arrays.
 */
import { BoxReader, findBox, getBox, readBoxes, type Box } from "../cmaf/boxes.ts";

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
  /** Ascending indices of the samples that can be decoded alone. */
  keys: Uint32Array;
  /** The track's only sample entry, as it is. */
  sampleEntry: Uint8Array;
  orientation: Orientation;
}

/** How a picture is to be shown: mirrored left to right, then turned clockwise. */
export interface Orientation { mirrored: boolean; rotation: 0 | 90 | 180 | 270 }

/**
 * By track id; only tracks whose tables are of the usual kind. `movie` is the body of the moov box.
 * @throws encode_failed for boxes that are not what they should be
 */
export function readSampleTables(movie: Uint8Array): Map<number, SampleTable> {
  const boxes = readBoxes(movie);
  const tables = new Map<number, SampleTable>();
  if (findBox(boxes, "mvex") !== undefined) return tables; // fragmented: the samples are elsewhere
  const header = new BoxReader(getBox(boxes, "mvhd").body);
  header.skip(header.fullBoxHeader().version === 1 ? 16 : 8);
  const movieTimescale = header.u32();
  for (const track of boxes.filter((box) => box.type === "trak")) {
    const parts = readBoxes(track.body);
    const table = readTrack(parts, movieTimescale);
    if (table !== undefined) tables.set(readTrackId(getBox(parts, "tkhd")), table);
  }
  return tables;
}

function readTrackId({ body }: Box): number {
  const reader = new BoxReader(body);
  reader.skip(reader.fullBoxHeader().version === 1 ? 16 : 8);
  return reader.u32();
}

function readTrack(parts: readonly Box[], movieTimescale: number): SampleTable | undefined {
  const media = readBoxes(getBox(parts, "mdia").body);
  const mdhd = new BoxReader(getBox(media, "mdhd").body);
  mdhd.skip(mdhd.fullBoxHeader().version === 1 ? 16 : 8);
  const timescale = mdhd.u32();
  const edit = readEdit(findBox(parts, "edts"), movieTimescale, timescale);
  const information = findBox(media, "minf");
  const stbl = information === undefined ? undefined : findBox(readBoxes(information.body), "stbl");
  if (stbl === undefined || edit === undefined || timescale === 0) return undefined;
  const boxes = readBoxes(stbl.body);
  const sizes = readSizes(findBox(boxes, "stsz"), isPicture(findBox(media, "hdlr")) || firstDuration(boxes) > 1);
  if (sizes === undefined || sizes.length === 0) return undefined;
  const times = readTimes(boxes, sizes.length, edit);
  const offsets = readOffsets(boxes, sizes);
  const sampleEntry = readSampleEntry(getBox(boxes, "stsd"));
  if (times === undefined || offsets === undefined || sampleEntry === undefined) return undefined;
  const keys = readKeys(findBox(boxes, "stss"), sizes.length);
  mendTimes(times.pts, keys);
  return { timescale, count: sizes.length, sizes, offsets, ...times, keys, sampleEntry, orientation: readOrientation(getBox(parts, "tkhd")) };
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

/** Their count is only said; it is no longer than any table that is written out. */
const MAX_EQUAL_SAMPLES = 3_000_000;

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

/** In ticks, of the first sample. */
function firstDuration(boxes: readonly Box[]): number {
  const { count, bytes } = readRuns(getBox(boxes, "stts"));
  return count === 0 ? 0 : u32At(bytes, 4);
}

/**
 * Samples of one size are sound without frames (PCM), one tick each, which the container reader puts together as it likes;
 * or they are framed: sound of a constant rate (MPEG-1 layer II, AC-3), seldom pictures.
 */
function readSizes(stsz: Box | undefined, framed: boolean): Uint32Array | undefined {
  if (stsz === undefined) return undefined; // stz2: rare
  const reader = new BoxReader(stsz.body);
  reader.fullBoxHeader();
  const [constant, count] = [reader.u32(), reader.u32()];
  if (constant !== 0) return framed && count <= MAX_EQUAL_SAMPLES ? new Uint32Array(count).fill(constant) : undefined;
  if (count * 4 > reader.remaining) return undefined;
  const sizes = new Uint32Array(count);
  const bytes = reader.bytes(count * 4);
  for (let i = 0; i < count; i++) sizes[i] = u32At(bytes, i * 4);
  return sizes;
}

/** Checked bounds are paid for once, where the bytes are taken; here they would be most of the time. */
function u32At(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

/** A run-length table of pairs: how often, what. */
function readRuns(box: Box): { count: number; bytes: Buffer } {
  const reader = new BoxReader(box.body);
  reader.fullBoxHeader();
  const count = reader.u32();
  return { count, bytes: reader.bytes(count * 8) };
}

function readTimes(boxes: readonly Box[], samples: number, edit: number): { pts: Float64Array; durations: Uint32Array } | undefined {
  const stts = readRuns(getBox(boxes, "stts"));
  const [pts, durations] = [new Float64Array(samples), new Uint32Array(samples)];
  let [sample, time] = [0, 0 - edit];
  for (let run = 0; run < stts.count; run++) {
    const delta = u32At(stts.bytes, run * 8 + 4);
    for (let left = u32At(stts.bytes, run * 8); left > 0 && sample < samples; left--, sample++) {
      pts[sample] = time;
      durations[sample] = delta;
      time += delta;
    }
  }
  if (sample < samples || !Number.isSafeInteger(time)) return undefined;
  const ctts = findBox(boxes, "ctts");
  if (ctts === undefined) return { pts, durations };
  const offsets = readRuns(ctts);
  sample = 0;
  for (let run = 0; run < offsets.count; run++) {
    const offset = u32At(offsets.bytes, run * 8 + 4) | 0; // signed in practice, whatever the version says
    for (let left = u32At(offsets.bytes, run * 8); left > 0 && sample < samples; left--, sample++) pts[sample] = (pts[sample] ?? 0) + offset;
  }
  return { pts, durations };
}

function readOffsets(boxes: readonly Box[], sizes: Uint32Array): Float64Array | undefined {
  const wide = findBox(boxes, "co64");
  const chunkBox = wide ?? findBox(boxes, "stco");
  const stsc = findBox(boxes, "stsc");
  if (chunkBox === undefined || stsc === undefined) return undefined;
  const chunks = new BoxReader(chunkBox.body);
  chunks.fullBoxHeader();
  const chunkCount = chunks.u32();
  const chunkBytes = chunks.bytes(chunkCount * (wide === undefined ? 4 : 8));
  const runs = new BoxReader(stsc.body);
  runs.fullBoxHeader();
  const runCount = runs.u32();
  const runBytes = runs.bytes(runCount * 12);
  const offsets = new Float64Array(sizes.length);
  let [sample, run, perChunk] = [0, -1, 0];
  for (let chunk = 0; chunk < chunkCount && sample < sizes.length; chunk++) {
    // A run holds from its first chunk (counted from 1) until the next run's.
    while (run + 1 < runCount && u32At(runBytes, (run + 1) * 12) <= chunk + 1) perChunk = u32At(runBytes, ++run * 12 + 4);
    let offset = wide === undefined ? u32At(chunkBytes, chunk * 4) : Number(chunkBytes.readBigUInt64BE(chunk * 8));
    for (let left = perChunk; left > 0 && sample < sizes.length; left--, sample++) {
      offsets[sample] = offset;
      offset += sizes[sample] ?? 0;
    }
  }
  return sample === sizes.length ? offsets : undefined;
}

/** Without the table every sample is one (8.6.2). */
function readKeys(stss: Box | undefined, samples: number): Uint32Array {
  if (stss === undefined) {
    const all = new Uint32Array(samples);
    for (let i = 0; i < samples; i++) all[i] = i;
    return all;
  }
  const reader = new BoxReader(stss.body);
  reader.fullBoxHeader();
  const count = reader.u32();
  const bytes = reader.bytes(count * 4);
  const keys: number[] = [];
  for (let i = 0; i < count; i++) {
    const key = u32At(bytes, i * 4) - 1;
    if (key > (keys.at(-1) ?? -1) && key < samples) keys.push(key);
  }
  return Uint32Array.from(keys);
}

/** Indices of `times` by ascending time; of equal times, in order. */
export function presentationOrder(times: Float64Array): Uint32Array {
  const order = Uint32Array.from(times, (_, i) => i);
  // Nearly sorted already, for frames are moved by a few places at most. Whoever says otherwise pays no more than a sort.
  let moves = order.length * 64;
  for (let i = 1; i < order.length; i++) {
    const moved = order[i] ?? 0;
    const time = times[moved] ?? 0;
    let at = i;
    for (; at > 0 && (times[order[at - 1] ?? 0] ?? 0) > time; at--) order[at] = order[at - 1] ?? 0;
    order[at] = moved;
    moves -= i - at;
    if (moves < 0) return order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  }
  return order;
}

/**
 * What a decoder does with times that cannot be. A decoder shows all it has before a key frame: where a clock was set back
 * the group of pictures moves behind them, and the ones after it as little as that takes. A frame on top of another comes
 * a tick later.
 */
function mendTimes(times: Float64Array, keys: Uint32Array): void {
  let latest = -Infinity;
  keys.forEach((key, i) => {
    const end = keys[i + 1] ?? times.length;
    const moved = Math.max(0, latest + 1 - (times[key] ?? 0));
    for (let sample = key; sample < end; sample++) {
      times[sample] = (times[sample] ?? 0) + (latest === -Infinity ? 0 : moved);
      latest = Math.max(latest, times[sample] ?? 0);
    }
  });
  let last = -Infinity;
  for (const i of presentationOrder(times)) {
    last = Math.max(times[i] ?? 0, last + 1);
    times[i] = last;
  }
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

/** Whether every sample lies within a file of `size` bytes. */
export function fits({ offsets, sizes, count }: SampleTable, size: number): boolean {
  for (let i = 0; i < count; i++) if ((offsets[i] ?? 0) + (sizes[i] ?? 0) > size) return false;
  return true;
}
