/**
 * The sample tables of an MP4's index (ISO/IEC 14496-12 8.6, 8.7): where each frame is and when it is shown. Pure.
 * The container reader has this too, as objects that an hour's 260,000 samples make slow; these are flat arrays.
 */
import { BoxReader, findBox, getBox, readBoxes, type Box } from "../cmaf/boxes.ts";

/** One entry a sample, in decode order. Times in ticks of the track, the edit list applied. */
export interface SampleTable {
  timescale: number;
  count: number;
  pts: Float64Array;
  durations: Uint32Array;
  sizes: Uint32Array;
  /** Bytes from the start of the file. */
  offsets: Float64Array;
  /** Ascending indices of the samples that can be decoded alone. */
  keys: Uint32Array;
}

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
  const sizes = readSizes(findBox(boxes, "stsz"));
  if (sizes === undefined || sizes.length === 0) return undefined;
  const times = readTimes(boxes, sizes.length, edit);
  const offsets = readOffsets(boxes, sizes);
  if (times === undefined || offsets === undefined) return undefined;
  return { timescale, count: sizes.length, sizes, offsets, ...times, keys: readKeys(findBox(boxes, "stss"), sizes.length) };
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

/** Samples of one size are sound without frames (PCM), which the container reader puts together as it likes. */
function readSizes(stsz: Box | undefined): Uint32Array | undefined {
  if (stsz === undefined) return undefined; // stz2: rare
  const reader = new BoxReader(stsz.body);
  reader.fullBoxHeader();
  const [constant, count] = [reader.u32(), reader.u32()];
  if (constant !== 0 || count * 4 > reader.remaining) return undefined;
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
