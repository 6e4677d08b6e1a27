/**
 * Init segments (CMAF header, ISO/IEC 23000-19 7.3.1): ftyp and a moov of one track without samples.
 *
 *   writeInit({ kind: "video", codec, codecString?, configuration?, timescale, width, height, … }) → Buffer
 *   writeInit({ kind: "audio", codec, configuration?, timescale, sampleRate, channels, language? }) → Buffer
 *   selectTrack(init, trackId, editStart) → Buffer       the same out of an encoder's init segment, of one or several tracks
 */
import { BoxReader, box, fullBox, getBox, i32, malformed, readBoxes, u16, u32, u64, u8, type Box } from "./boxes.ts";
import { audioSampleEntry, videoSampleEntry, type AudioTrack, type VideoTrack } from "./sample-entry.ts";

interface InitFields {
  timescale: number;
  /** 1 when absent; that of the fragments. */
  trackId?: number;
  /** The media time that is shown at 0: `reorderDelay` for video. 0 when absent. */
  editStart?: number;
}
export type InitTrack = InitFields & (({ kind: "video" } & VideoTrack) | ({ kind: "audio" } & AudioTrack));

/** Flags of tkhd. */
const ENABLED_IN_MOVIE = 3;
const UNITY = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];
/** Clockwise turns for showing, as tkhd has them (ISO/IEC 14496-12 6.2.2); the translation is left out, as phones do. */
const MATRICES: Record<VideoTrack["rotation"], readonly number[]> = {
  0: UNITY,
  90: [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000],
  180: [-0x10000, 0, 0, 0, -0x10000, 0, 0, 0, 0x40000000],
  270: [0, -0x10000, 0, 0x10000, 0, 0, 0, 0, 0x40000000],
};

export function writeInit(track: InitTrack): Buffer {
  const trackId = track.trackId ?? 1;
  const moov = box("moov",
    // Times 0 and durations 0: nothing here may differ between two nodes that make the same segment.
    fullBox("mvhd", 0, 0, u32(0, 0, track.timescale, 0, 0x10000), u16(0x100, 0), u32(0, 0), i32(...UNITY), u32(0, 0, 0, 0, 0, 0, trackId + 1)),
    box("trak", trackHeader(track, trackId), ...editList(track.editStart ?? 0), media(track)),
    box("mvex", fullBox("trex", 0, 0, u32(trackId, 1, 0, 0, 0))),
  );
  return Buffer.concat([fileType(), moov]);
}

function trackHeader(track: InitTrack, trackId: number): Buffer {
  const [matrix, volume, width, height] = track.kind === "video"
    ? [MATRICES[track.rotation], 0, ...shownSize(track)] as const
    : [UNITY, 0x100, 0, 0] as const;
  return fullBox("tkhd", 0, ENABLED_IN_MOVIE, u32(0, 0, trackId, 0, 0, 0, 0), u16(0, 0, volume, 0), i32(...matrix), u32(width * 0x10000, height * 0x10000));
}

/** Width and height after pixel aspect, before rotation. */
function shownSize({ displayWidth, displayHeight, rotation }: VideoTrack): [number, number] {
  return rotation % 180 === 0 ? [displayWidth, displayHeight] : [displayHeight, displayWidth];
}

/** One edit that lasts as long as there are fragments (duration 0). ISO/IEC 14496-12 8.6.6. */
function editList(editStart: number): Buffer[] {
  return editStart === 0 ? [] : [box("edts", fullBox("elst", 1, 0, u32(1), u64(0, editStart), u16(1, 0)))];
}

function media(track: InitTrack): Buffer {
  const [handler, name, header, entry] = track.kind === "video"
    ? ["vide", "video", fullBox("vmhd", 0, 1, u16(0, 0, 0, 0)), videoSampleEntry(track)] as const
    : ["soun", "audio", fullBox("smhd", 0, 0, u16(0, 0)), audioSampleEntry(track)] as const;
  const noSamples = [fullBox("stts", 0, 0, u32(0)), fullBox("stsc", 0, 0, u32(0)), fullBox("stsz", 0, 0, u32(0, 0)), fullBox("stco", 0, 0, u32(0))];
  return box("mdia",
    fullBox("mdhd", 0, 0, u32(0, 0, track.timescale, 0), u16(packLanguage(track.kind === "audio" ? track.language : undefined), 0)),
    fullBox("hdlr", 0, 0, u32(0), text(handler), u32(0, 0, 0), text(`${name}\0`)),
    box("minf", header, box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1))),
      box("stbl", fullBox("stsd", 0, 0, u32(1), entry), ...noSamples)));
}

/** ISO 639-2 in three times five bits; `und` for all else. */
function packLanguage(language: string | undefined): number {
  const code = language !== undefined && /^[a-z]{3}$/.test(language) ? language : "und";
  return [...code].reduce((packed, letter) => packed * 32 + letter.charCodeAt(0) - 0x60, 0);
}

/** Brand cmfc: ISO/IEC 23000-19 7.2. */
const fileType = (): Buffer => box("ftyp", text("iso6"), u32(0), text("iso6cmfc"));

function text(latin1: string): Buffer { return Buffer.from(latin1, "latin1"); }

/**
 * An encoder's init segment for one of its tracks alone, numbered 1 as if there were no other, and with this edit list
 * in place of any: FFmpeg, told not to know the future (`empty_moov`), writes none, and its fragments are retimed.
 */
export function selectTrack(init: Uint8Array, trackId: number, editStart: number): Buffer {
  const movie = readBoxes(getBox(readBoxes(init), "moov").body);
  if (!movie.some((part) => part.type === "trak" && trackIdOf(part) === trackId)) throw malformed("the init segment has no such track", { trackId });
  const moov = movie.flatMap((part) => {
    switch (part.type) {
      case "mvhd": return [box("mvhd", part.body.subarray(0, -4), u32(2))]; // next_track_ID
      case "trak": return trackIdOf(part) === trackId ? [box("trak", ...readBoxes(part.body).flatMap((child) => headTrack(child, editStart)))] : [];
      case "mvex": return [box("mvex", ...readBoxes(part.body).flatMap((child) => extendTrack(child, trackId)))];
      default: return [box(part.type, part.body)];
    }
  });
  return Buffer.concat([fileType(), box("moov", ...moov)]);
}

function headTrack({ type, body }: Box, editStart: number): Buffer[] {
  if (type === "edts") return [];
  if (type !== "tkhd") return [box(type, body)];
  const at = trackIdOffset(body);
  // FFmpeg enables only the first track of a kind.
  return [box("tkhd", body.subarray(0, 1), u8(0, 0, ENABLED_IN_MOVIE), body.subarray(4, at), u32(1), body.subarray(at + 4)), ...editList(editStart)];
}

/** trex: track_ID behind version and flags. */
function extendTrack({ type, body }: Box, trackId: number): Buffer[] {
  if (type !== "trex") return [box(type, body)];
  if (body.length < 8) throw malformed("a box ends too early");
  return body.readUInt32BE(4) === trackId ? [box("trex", body.subarray(0, 4), u32(1), body.subarray(8))] : [];
}

function trackIdOf(trak: Box): number {
  const { body } = getBox(readBoxes(trak.body), "tkhd");
  return body.readUInt32BE(trackIdOffset(body));
}

/** Behind the times of creation and modification, which version 1 has in 64 bits. */
function trackIdOffset(tkhd: Buffer): number {
  const { version } = new BoxReader(tkhd).fullBoxHeader();
  const at = version === 0 ? 12 : 20;
  if (tkhd.length < at + 4) throw malformed("a box ends too early");
  return at;
}

/** Ticks per second of the init segment's only track. */
export function readTimescale(init: Uint8Array): number {
  const movie = readBoxes(getBox(readBoxes(init), "moov").body);
  const mdia = readBoxes(getBox(readBoxes(getBox(movie, "trak").body), "mdia").body);
  const mdhd = new BoxReader(getBox(mdia, "mdhd").body);
  mdhd.skip(mdhd.fullBoxHeader().version === 0 ? 8 : 16);
  return mdhd.u32();
}

