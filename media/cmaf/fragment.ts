/**
 * Movie fragments: moof and mdat (ISO/IEC 14496-12 8.8). A segment is one or several of them, its CMAF chunks (ISO/IEC
 * 23000-19 7.3.2). No styp: it is optional and tells players nothing that the init segment does not.
 *
 *   writeFragment({ sequence, trackId, baseDecodeTime, samples, data }) → Buffer
 *   fragmentParts({ … }) → the same in parts, the samples not copied
 *   readFragment(bytes) → { sequence, trackId, baseDecodeTime, samples, data: one view per sample }      of the only one
 *   readFragments(bytes) → the same for each track of each, in order
 */
import { box, boxHeader, BoxReader, findBox, fullBox, getBox, i32, malformed, readBoxes, u32, u64, type Box } from "./boxes.ts";

/** Times in ticks of the track. */
export interface Sample {
  readonly size: number;
  readonly duration: number;
  /** Presentation time less decode time; negative where a frame is shown before the clock of decoding has reached it. */
  readonly compositionOffset: number;
  readonly isKey: boolean;
}

export interface FragmentHeader {
  readonly sequence: number;
  readonly trackId: number;
  readonly baseDecodeTime: number;
  readonly samples: readonly Sample[];
}

export interface Fragment extends FragmentHeader {
  /** The samples' bytes in order, cut anywhere. */
  readonly data: readonly Uint8Array[];
}

export interface ReadFragment extends FragmentHeader {
  /** One view into the bytes read for each sample. */
  readonly data: readonly Buffer[];
}

const TFHD = { baseDataOffset: 0x1, descriptionIndex: 0x2, duration: 0x8, size: 0x10, flags: 0x20, baseIsMoof: 0x20000 } as const;
const TRUN = { dataOffset: 0x1, firstFlags: 0x4, duration: 0x100, size: 0x200, flags: 0x400, compositionOffset: 0x800 } as const;

/** sample_depends_on 2 (on no other); and 1 with sample_is_non_sync_sample. ISO/IEC 14496-12 8.8.3.1. */
const KEY_FLAGS = 0x02000000;
const DEPENDENT_FLAGS = 0x01010000;
const NON_SYNC = 0x00010000;

export function writeFragment(fragment: Fragment): Buffer {
  return Buffer.concat(fragmentParts(fragment));
}

/** The same without a copy of the samples: what stands before them, and their bytes as they were given. */
export function fragmentParts(fragment: Fragment): Uint8Array[] {
  const { samples, data } = fragment;
  const bytes = data.reduce((sum, part) => sum + part.length, 0);
  const expected = samples.reduce((sum, sample) => sum + sample.size, 0);
  if (bytes !== expected) throw malformed("the samples' sizes are not the data's", { bytes, expected });
  const dataOffset = writeMoof(fragment, 0).length + 8;
  return [writeMoof(fragment, dataOffset), boxHeader("mdat", bytes), ...data];
}

function writeMoof({ sequence, trackId, baseDecodeTime, samples }: FragmentHeader, dataOffset: number): Buffer {
  const [first] = samples;
  if (!first) throw malformed("a fragment has no samples");
  const [, second = first] = samples;
  const rest = samples.slice(1);
  // What all samples share is said once in tfhd: in a thin rendition of slides the table would be a tenth of the segment.
  const sameDuration = samples.every((sample) => sample.duration === first.duration);
  const sameSize = samples.every((sample) => sample.size === first.size);
  const restSameKey = rest.every((sample) => sample.isKey === second.isKey);
  const hasOffsets = samples.some((sample) => sample.compositionOffset !== 0);

  const defaults = [
    ...(sameDuration ? [first.duration] : []), ...(sameSize ? [first.size] : []), ...(restSameKey ? [sampleFlags(second)] : []),
  ];
  const tfhd = fullBox("tfhd", 0,
    TFHD.baseIsMoof | (sameDuration ? TFHD.duration : 0) | (sameSize ? TFHD.size : 0) | (restSameKey ? TFHD.flags : 0),
    u32(trackId, ...defaults));

  const firstDiffers = restSameKey && first.isKey !== second.isKey;
  const table: Buffer[] = [];
  for (const sample of samples) {
    if (!sameDuration) table.push(u32(sample.duration));
    if (!sameSize) table.push(u32(sample.size));
    if (!restSameKey) table.push(u32(sampleFlags(sample)));
    if (hasOffsets) table.push(i32(sample.compositionOffset));
  }
  // Version 1: composition offsets are signed.
  const trun = fullBox("trun", 1,
    TRUN.dataOffset | (firstDiffers ? TRUN.firstFlags : 0) | (sameDuration ? 0 : TRUN.duration) | (sameSize ? 0 : TRUN.size)
      | (restSameKey ? 0 : TRUN.flags) | (hasOffsets ? TRUN.compositionOffset : 0),
    u32(samples.length), i32(dataOffset), firstDiffers ? u32(sampleFlags(first)) : u32(), ...table);

  const tfdt = fullBox("tfdt", 1, 0, u64(baseDecodeTime));
  return box("moof", fullBox("mfhd", 0, 0, u32(sequence)), box("traf", tfhd, tfdt, trun));
}

function sampleFlags(sample: Sample): number { return sample.isKey ? KEY_FLAGS : DEPENDENT_FLAGS; }

/** The only fragment of the only track. */
export function readFragment(bytes: Uint8Array): ReadFragment {
  const [only, another] = readFragments(bytes);
  if (!only || another) throw malformed("expected one fragment of one track");
  return only;
}

/**
 * Reads fragments, one result for each track of each; styp, sidx, prft and other boxes around them are passed over.
 * Every sample must say its duration, size and flags in the fragment itself, as FFmpeg's and ours do: there is no init
 * segment to ask.
 */
export function readFragments(bytes: Uint8Array): ReadFragment[] {
  const fragments: ReadFragment[] = [];
  let moof: Box | undefined;
  for (const part of readBoxes(bytes)) {
    if (part.type === "moof") {
      if (moof) throw malformed("moof without mdat");
      moof = part;
    } else if (part.type === "mdat") {
      if (!moof) throw malformed("mdat without moof");
      fragments.push(...readTracks(moof, part));
      moof = undefined;
    }
  }
  if (moof) throw malformed("moof without mdat");
  return fragments;
}

function readTracks(moof: Box, mdat: Box): ReadFragment[] {
  const parts = readBoxes(moof.body);
  const mfhd = new BoxReader(getBox(parts, "mfhd").body);
  mfhd.fullBoxHeader();
  const sequence = mfhd.u32();
  const tracks = parts.filter((part) => part.type === "traf");
  if (tracks.length === 0) throw malformed("a fragment has no track");
  return tracks.map((traf) => ({ sequence, ...readTrack(readBoxes(traf.body), moof, mdat) }));
}

function readTrack(traf: readonly Box[], moof: Box, mdat: Box): Omit<ReadFragment, "sequence"> {
  const header = readTrackHeader(getBox(traf, "tfhd"));
  const samples: Sample[] = [];
  const data: Buffer[] = [];
  const dataStart = mdat.end - mdat.body.length;
  let position = moof.start;
  for (const run of traf.filter((part) => part.type === "trun")) {
    // A sample may take no bytes in any table; as many samples as bytes is a bound that no real fragment meets.
    const read = readRun(run, header, mdat.end - moof.start - samples.length);
    if (read.dataOffset !== undefined) position = moof.start + read.dataOffset;
    for (const sample of read.samples) {
      if (position < dataStart || position + sample.size > mdat.end) throw malformed("a sample lies outside the mdat");
      samples.push(sample);
      data.push(mdat.body.subarray(position - dataStart, position - dataStart + sample.size));
      position += sample.size;
    }
  }
  if (samples.length === 0) throw malformed("a fragment has no samples");
  return { trackId: header.trackId, baseDecodeTime: readDecodeTime(findBox(traf, "tfdt")), samples, data };
}

interface TrackHeader { trackId: number; duration: number | undefined; size: number | undefined; flags: number | undefined }

function readTrackHeader(tfhd: Box): TrackHeader {
  const reader = new BoxReader(tfhd.body);
  const { flags } = reader.fullBoxHeader();
  const trackId = reader.u32();
  // An offset from the start of a file says nothing about a fragment on its own.
  if (flags & TFHD.baseDataOffset) throw malformed("a fragment has a base data offset");
  if (flags & TFHD.descriptionIndex) reader.skip(4);
  return {
    trackId,
    duration: flags & TFHD.duration ? reader.u32() : undefined,
    size: flags & TFHD.size ? reader.u32() : undefined,
    flags: flags & TFHD.flags ? reader.u32() : undefined,
  };
}

function readDecodeTime(tfdt: Box | undefined): number {
  if (!tfdt) throw malformed("a fragment has no decode time");
  const reader = new BoxReader(tfdt.body);
  // Unsigned by the specification, but an encoder that is told to leave its priming before 0 writes it as negative.
  return reader.fullBoxHeader().version === 0 ? reader.u32() : reader.i64();
}

function readRun(trun: Box, header: TrackHeader, most: number): { dataOffset: number | undefined; samples: Sample[] } {
  const reader = new BoxReader(trun.body);
  const { version, flags } = reader.fullBoxHeader();
  const count = reader.u32();
  if (count > most) throw malformed("a run has more samples than it can hold", { count });
  const dataOffset = flags & TRUN.dataOffset ? reader.i32() : undefined;
  const firstFlags = flags & TRUN.firstFlags ? reader.u32() : undefined;
  const samples: Sample[] = [];
  for (let index = 0; index < count; index++) {
    const duration = flags & TRUN.duration ? reader.u32() : header.duration;
    const size = flags & TRUN.size ? reader.u32() : header.size;
    const ownFlags = flags & TRUN.flags ? reader.u32() : header.flags;
    const sampleFlags = index === 0 ? (firstFlags ?? ownFlags) : ownFlags;
    let compositionOffset = 0;
    if (flags & TRUN.compositionOffset) compositionOffset = version === 0 ? reader.u32() : reader.i32();
    if (duration === undefined || size === undefined || sampleFlags === undefined) throw malformed("a sample's duration, size or flags are not said");
    samples.push({ duration, size, compositionOffset, isKey: (sampleFlags & NON_SYNC) === 0 });
  }
  return { dataOffset, samples };
}
