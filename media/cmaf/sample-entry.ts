/**
 * Sample entries: how a track's codec is said in stsd (ISO/IEC 14496-12 8.5.2 and each codec's own binding). Only
 * codecs that browsers play in MP4 (not MP3: Chromium's Media Source refuses it there); others are encoded. What is
 * missing or wrong is `not_media`.
 */
import { fail } from "../../config/errors.ts";
import { rational, type Rational } from "../rational.ts";
import { asBuffer } from "../as-buffer.ts";
import { box, BoxReader, fullBox, u16, u32, u8 } from "./boxes.ts";

/** Code points of ISO/IEC 23091-2. */
export interface Colour { primaries: number; transfer: number; matrix: number; fullRange: boolean }

export interface VideoTrack {
  codec: "h264" | "hevc" | "vp8" | "vp9" | "av1" | "other";
  /** Of another codec: the whole entry as a container has it. */
  sampleEntry?: Uint8Array;
  /** RFC 6381; needed for VP9 and AV1 without configuration. */
  codecString?: string;
  /** Body of avcC, hvcC, vpcC (without version and flags) or av1C. */
  configuration?: Uint8Array;
  /** Coded size, and size as shown after pixel aspect and rotation. */
  width: number;
  height: number;
  displayWidth: number;
  displayHeight: number;
  /** Clockwise. */
  rotation: 0 | 90 | 180 | 270;
  /** Made from the sizes when absent. */
  pixelAspect?: Rational;
  colour?: Colour;
}

export interface AudioTrack {
  codec: "aac" | "opus" | "flac";
  /** AudioSpecificConfig, OpusHead, or FLAC's metadata blocks (with or without their `fLaC`). */
  configuration?: Uint8Array;
  sampleRate: number;
  channels: number;
  /** ISO 639-2, three letters; others are written as undetermined. */
  language?: string;
}

export function videoSampleEntry(track: VideoTrack): Buffer {
  if (track.codec === "other") return asBuffer(needed(track, track.sampleEntry));
  const [type, configuration] = videoConfiguration(track);
  // ISO/IEC 14496-12 12.1.3: 72 dpi, one frame per sample, no compressor name, depth 24.
  return box(type, u32(0), u16(0, 1), u32(0, 0, 0, 0), u16(track.width, track.height), u32(0x480000, 0x480000, 0), u16(1), new Uint8Array(32), u16(24, 0xffff),
    configuration, box("pasp", u32(...pixelAspect(track))), ...(track.colour ? [colourBox(track.colour)] : []));
}

function videoConfiguration(track: VideoTrack): [type: string, configuration: Buffer] {
  const { codec, configuration } = track;
  switch (codec) {
    case "other": throw fail("not_media", "the codec has an entry of its own");
    // avc3 and hev1 allow parameter sets in the samples, and Apple's players take neither; avc1 and hvc1 with such
    // sets are played by all.
    case "h264": return ["avc1", box("avcC", needed(track, configuration))];
    case "hevc": return ["hvc1", box("hvcC", needed(track, configuration))];
    case "vp8": return ["vp08", fullBox("vpcC", 1, 0, u8(0, 0, 8 * 16 + 2, 2, 2, 2), u16(0))]; // 8 bits, 4:2:0, colours unsaid
    case "vp9": return ["vp09", fullBox("vpcC", 1, 0, configuration ?? vp9Configuration(track))];
    case "av1": return ["av01", box("av1C", configuration ?? av1Configuration(track))];
  }
}

function needed({ codec }: VideoTrack | AudioTrack, configuration: Uint8Array | undefined): Uint8Array {
  if (!configuration?.length) throw fail("not_media", `a ${codec} track has no decoder configuration`);
  return configuration;
}

/** `vp09.profile.level.depth[.subsampling.primaries.transfer.matrix.fullRange]` → VPCodecConfigurationRecord. */
function vp9Configuration(track: VideoTrack): Buffer {
  const [profile, level, depth, subsampling = 1, primaries = 1, transfer = 1, matrix = 1, fullRange = 0] = codecNumbers(track, "vp09");
  if (profile === undefined || level === undefined || depth === undefined) throw badCodecString(track);
  return Buffer.concat([u8(profile, level, depth * 16 + subsampling * 2 + fullRange, primaries, transfer, matrix), u16(0)]);
}

/** `av01.profile.levelTier.depth[.monochrome.subsampling]` → AV1CodecConfigurationRecord; the sequence header is in the key frames. */
function av1Configuration(track: VideoTrack): Buffer {
  const [profile, level, depth, monochrome = 0, subsampling = 110] = codecNumbers(track, "av01");
  if (profile === undefined || level === undefined || depth === undefined) throw badCodecString(track);
  const tier = track.codecString?.split(".")[2]?.endsWith("H") ? 1 : 0;
  const [x, y, position] = [Math.floor(subsampling / 100) % 10, Math.floor(subsampling / 10) % 10, subsampling % 10];
  return u8(0x81, profile * 32 + level, tier * 128 + (depth > 8 ? 64 : 0) + (depth === 12 ? 32 : 0) + monochrome * 16 + x * 8 + y * 4 + position, 0);
}

function codecNumbers(track: VideoTrack, prefix: string): number[] {
  const [name, ...fields] = (track.codecString ?? "").split(".");
  if (name !== prefix || !fields.every((field) => /^\d{1,3}[MH]?$/.test(field))) throw badCodecString(track);
  return fields.map((field) => Number.parseInt(field, 10));
}

function badCodecString({ codec, codecString }: VideoTrack): Error {
  return fail("not_media", `the codec string of a ${codec} track says too little`, { codecString });
}

function pixelAspect({ width, height, displayWidth, displayHeight, rotation, pixelAspect: given }: VideoTrack): [number, number] {
  if (given) return [given.num, given.den];
  const [shownWidth, shownHeight] = rotation % 180 === 0 ? [displayWidth, displayHeight] : [displayHeight, displayWidth];
  if (shownHeight === height) return simplestRatio(shownWidth, width);
  if (shownWidth === width) {
    const [den, num] = simplestRatio(shownHeight, height);
    return [num, den];
  }
  const { num, den } = rational(shownWidth * height, shownHeight * width);
  return [num, den];
}

/** The shown size is rounded to a pixel, so of all ratios that round to it the simplest is meant: 16:15 rather than 341:320. */
function simplestRatio(shown: number, coded: number): [num: number, den: number] {
  for (let den = 1; den < coded; den++) {
    const num = Math.round((shown * den) / coded);
    if (Math.round((coded * num) / den) === shown) return [num, den];
  }
  return [shown, coded];
}

function colourBox({ primaries, transfer, matrix, fullRange }: Colour): Buffer {
  return box("colr", Buffer.from("nclx", "latin1"), u16(primaries, transfer, matrix), u8(fullRange ? 0x80 : 0));
}

export function audioSampleEntry(track: AudioTrack): Buffer {
  const [type, configuration] = audioConfiguration(track);
  // A 16.16 number: rates above 65535 Hz do not fit, and are read from the configuration anyway.
  const rate = track.sampleRate <= 0xffff ? track.sampleRate : 0;
  return box(type, u32(0), u16(0, 1), u32(0, 0), u16(track.channels, 16), u32(0), u16(rate, 0), configuration);
}

function audioConfiguration(track: AudioTrack): [type: string, configuration: Buffer] {
  switch (track.codec) {
    case "aac": return ["mp4a", elementaryStream(needed(track, track.configuration))];
    case "opus": return ["Opus", opusConfiguration(track)];
    case "flac": return ["fLaC", fullBox("dfLa", 0, 0, flacBlocks(needed(track, track.configuration)))];
  }
}

/** ISO/IEC 14496-1 7.2.6: ES_Descriptor with DecoderConfigDescriptor and SLConfigDescriptor. */
function elementaryStream(specific: Uint8Array): Buffer {
  const decoder = descriptor(4, u8(0x40 /* MPEG-4 audio */, 0x15 /* audio stream */, 0, 0, 0), u32(0, 0), descriptor(5, specific));
  return fullBox("esds", 0, 0, descriptor(3, u16(1), u8(0), decoder, descriptor(6, u8(2))));
}

function descriptor(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const digits = [body.length & 0x7f];
  for (let rest = body.length >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return Buffer.concat([u8(tag, ...digits), body]);
}

/** OpusHead (RFC 7845 5.1, little-endian) → dOps (big-endian, version 0). Without one: 80 ms of pre-skip, one or two channels. */
function opusConfiguration({ configuration, channels, sampleRate }: AudioTrack): Buffer {
  if (!configuration) {
    if (channels > 2) throw fail("not_media", "an opus track of many channels has no decoder configuration");
    return box("dOps", u8(0, channels), u16(3840), u32(sampleRate), u16(0), u8(0));
  }
  const head = asBuffer(configuration);
  if (head.length < 19 || head.toString("latin1", 0, 8) !== "OpusHead") throw fail("not_media", "an opus track's configuration is not an OpusHead");
  return box("dOps", u8(0, head.readUInt8(9)), u16(head.readUInt16LE(10)), u32(head.readUInt32LE(12)), u16(head.readUInt16LE(16)), head.subarray(18));
}

function flacBlocks(configuration: Uint8Array): Uint8Array {
  const reader = new BoxReader(configuration);
  if (reader.remaining < 38) throw fail("not_media", "a flac track's configuration has no STREAMINFO");
  return reader.u32() === 0x664c6143 ? configuration.subarray(4) : configuration;
}
