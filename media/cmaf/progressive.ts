/**
 * A plain MP4 file with its index in front (ISO/IEC 14496-12): what people download, and what every player and editor
 * opens. Its tracks come out of encoders as fragments.
 *
 *   collectTrack(init, fragments) → EncodedTrack        writeProgressive(tracks) → Buffer
 */
import { box, fullBox, getBox, i32, malformed, readBoxes, u16, u32, type Box } from "./boxes.ts";
import { readFragment } from "./fragment.ts";
import { readTimescale } from "./init.ts";

/** Times in ticks of the track; `decode` and `shown` as the encoder had them. */
export interface TimedSample { decode: number; shown: number; isKey: boolean; data: Uint8Array }
export interface EncodedTrack { timescale: number; sampleDescription: Buffer; samples: TimedSample[] }

/** `editStart`: the time, as of `shown`, that is presented at 0. `duration`: from there. Both in ticks of the track. */
export interface ProgressiveTrack extends EncodedTrack { editStart: number; duration: number; picture?: { width: number; height: number } }

const UNITY = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];
/** Sound and picture lie together in pieces of this length. */
const CHUNK_SEC = 1;

/** The samples of an encoder's fragments, which have one track. */
export function collectTrack(init: Uint8Array, fragments: readonly Uint8Array[]): EncodedTrack {
  const movie = readBoxes(getBox(readBoxes(init), "moov").body);
  const tables = readBoxes(getBox(readBoxes(getBox(readBoxes(getBox(readBoxes(getBox(movie, "trak").body), "mdia").body), "minf").body), "stbl").body);
  const samples = fragments.flatMap((bytes) => {
    const fragment = readFragment(bytes);
    let decode = fragment.baseDecodeTime;
    return fragment.samples.map(({ duration, compositionOffset, isKey }, i) => {
      const sample = { decode, shown: decode + compositionOffset, isKey, data: fragment.data[i] ?? new Uint8Array() };
      decode += duration;
      return sample;
    });
  });
  // An encoder may let a frame be shown before it is decoded; here it is decoded earlier, and the edit list makes it even.
  const early = samples.reduce((least, { decode, shown }) => Math.min(least, shown - decode), 0);
  return { timescale: readTimescale(init), sampleDescription: copyBox(getBox(tables, "stsd")), samples: samples.map((sample) => ({ ...sample, decode: sample.decode + early })) };
}

const copyBox = ({ type, body }: Box): Buffer => box(type, body);

interface Chunk { track: number; samples: TimedSample[]; at: number }

export function writeProgressive(tracks: readonly ProgressiveTrack[]): Buffer {
  const chunks = tracks.flatMap((track, index) => cutChunks(track, index)).sort((a, b) => a.at - b.at || a.track - b.track);
  const ftyp = box("ftyp", text("isom"), u32(0x200), text("isomiso2avc1mp41"));
  const movie = (dataStart: number): Buffer => writeMovie(tracks, locate(tracks.length, chunks, dataStart));
  const dataStart = ftyp.length + movie(0).length + 8;
  return Buffer.concat([ftyp, movie(dataStart), box("mdat", ...chunks.flatMap(({ samples }) => samples.map(({ data }) => data)))]);
}

function cutChunks({ timescale, samples }: ProgressiveTrack, track: number): Chunk[] {
  const origin = samples[0]?.decode ?? 0;
  const groups = Map.groupBy(samples, ({ decode }) => Math.floor((decode - origin) / (CHUNK_SEC * timescale)));
  return [...groups].map(([second, group]) => ({ track, samples: group, at: second * CHUNK_SEC }));
}

interface Located { offsets: number[]; counts: number[] }

/** Where each track's chunks lie, and how many samples each has. */
function locate(tracks: number, chunks: readonly Chunk[], dataStart: number): Located[] {
  const located = Array.from({ length: tracks }, (): Located => ({ offsets: [], counts: [] }));
  let at = dataStart;
  for (const { track, samples } of chunks) {
    located[track]?.offsets.push(at);
    located[track]?.counts.push(samples.length);
    at += samples.reduce((sum, { data }) => sum + data.length, 0);
  }
  return located;
}

function writeMovie(tracks: readonly ProgressiveTrack[], located: readonly Located[]): Buffer {
  // The finest of the tracks' scales, so that an edit can end at a sample of sound.
  const timescale = tracks.reduce((finest, track) => Math.max(finest, track.timescale), 1);
  const durations = tracks.map((track) => Math.ceil((track.duration / track.timescale) * timescale));
  const traks = tracks.map((track, i) => writeTrack(track, i + 1, durations[i] ?? 0, located[i] ?? { offsets: [], counts: [] }));
  return box("moov",
    fullBox("mvhd", 0, 0, u32(0, 0, timescale, Math.max(...durations), 0x10000), u16(0x100, 0), u32(0, 0), i32(...UNITY), u32(0, 0, 0, 0, 0, 0, tracks.length + 1)),
    ...traks);
}

function writeTrack(track: ProgressiveTrack, trackId: number, movieDuration: number, located: Located): Buffer {
  const { samples, timescale, picture, sampleDescription, editStart, duration } = track;
  const [first] = samples;
  if (first === undefined) throw malformed("a track has no samples");
  const { width, height } = picture ?? { width: 0, height: 0 };
  const mediaStart = editStart - first.decode;
  const durations = samples.map(({ decode }, i) => Math.max(1, (samples[i + 1]?.decode ?? editStart + duration) - decode));
  const [handler, name, header] = picture === undefined
    ? ["soun", "sound", fullBox("smhd", 0, 0, u16(0, 0))] as const
    : ["vide", "picture", fullBox("vmhd", 0, 1, u16(0, 0, 0, 0))] as const;
  return box("trak",
    fullBox("tkhd", 0, 3, u32(0, 0, trackId, 0, movieDuration, 0, 0), u16(0, 0, picture === undefined ? 0x100 : 0, 0), i32(...UNITY), u32(width * 0x10000, height * 0x10000)),
    box("edts", fullBox("elst", 0, 0, u32(1, movieDuration), i32(mediaStart), u16(1, 0))),
    box("mdia",
      fullBox("mdhd", 0, 0, u32(0, 0, timescale, durations.reduce((sum, ticks) => sum + ticks, 0)), u16(0x55c4 /* und */, 0)),
      fullBox("hdlr", 0, 0, u32(0), text(handler), u32(0, 0, 0), text(`${name}\0`)),
      box("minf", header, box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1))), box("stbl", sampleDescription, ...sampleTables(samples, durations, located)))));
}

function sampleTables(samples: readonly TimedSample[], durations: readonly number[], { offsets, counts }: Located): Buffer[] {
  const keys = samples.flatMap(({ isKey }, i) => (isKey ? [i + 1] : []));
  const delays = samples.map(({ decode, shown }) => shown - decode);
  return [
    runs("stts", durations, u32),
    ...(delays.some((delay) => delay !== 0) ? [runs("ctts", delays, u32)] : []),
    ...(keys.length < samples.length ? [fullBox("stss", 0, 0, u32(keys.length, ...keys))] : []),
    fullBox("stsc", 0, 0, u32(counts.length), ...counts.map((count, i) => u32(i + 1, count, 1))),
    fullBox("stsz", 0, 0, u32(0, samples.length, ...samples.map(({ data }) => data.length))),
    fullBox("stco", 0, 0, u32(offsets.length, ...offsets)),
  ];
}

/** A run-length table: how often, what. */
function runs(type: string, values: readonly number[], write: (...values: number[]) => Buffer): Buffer {
  const entries: [number, number][] = [];
  for (const value of values) {
    const last = entries.at(-1);
    if (last !== undefined && last[1] === value) last[0]++;
    else entries.push([1, value]);
  }
  return fullBox(type, 0, 0, u32(entries.length), ...entries.map(([count, value]) => Buffer.concat([u32(count), write(value)])));
}

function text(latin1: string): Buffer { return Buffer.from(latin1, "latin1"); }
