/** Finds the facts of a source from its container's index alone, in a few reads. */
import { EncodedPacketSink, type Input, type InputAudioTrack, type InputVideoTrack } from "mediabunny";
import { bringsNewParameters, parseH264Config } from "../../media/h264.ts";
import type { AudioFacts, Facts, SubtitleFacts, VideoFacts } from "../../media/facts.ts";
import { findFrameRate } from "../../media/frame-rate.ts";
import type { SampleTable } from "../../media/mp4/sample-tables.ts";
import { canRepackageVideo, DESCRIBABLE, longestGop } from "../../media/playable.ts";
import type { Inspection } from "./demuxer.contract.ts";
import type { ReadBytes } from "./movie-box.ts";
import { toBytes } from "./to-bytes.ts";
import { findAacSpan } from "./aac-grid.ts";
import { indexOfTable, indexOfTrack, type TrackIndex } from "./track-index.ts";

/** mediabunny's names of codecs, where FFmpeg's differ. */
const FFMPEG_NAMES: Readonly<Record<string, string>> = { avc: "h264", "pcm-s16": "pcm_s16le" };
/** Sample entries of protected tracks (ISO/IEC 14496-12 8.12). */
const ENCRYPTED: ReadonlySet<unknown> = new Set(["encv", "enca", "encs"]);

const MAX_TITLE = 200;

const MORE = { metadataOnly: true } as const;

/** What our own readers find beside the container reader, by its ids of tracks. */
export interface IndexReaders {
  tables: ReadonlyMap<number, SampleTable>;
  cues(): Promise<ReadonlyMap<number, readonly number[]>>;
  textTracks(): Promise<SubtitleFacts[]>;
  /** Reads a copy of ours, in which nothing is hidden and frames may be looked at as well. */
  readCopy?: ReadBytes;
}

export async function inspect(input: Input, size: number, { tables, cues: readCues, textTracks: readTextTracks, readCopy }: IndexReaders): Promise<Inspection> {
  const [format, videoTracks, audioTracks, { length: tracks }] = await Promise.all([input.getFormat(), input.getVideoTracks(), input.getAudioTracks(), input.getTracks()]);
  const container = format.name.toLowerCase().replace("quicktime file format", "mov");
  const video = videoTracks[0];
  if (video === undefined) return { outcome: "no_index", container };
  if (ENCRYPTED.has(await video.getInternalCodecId())) return { outcome: "encrypted" };
  const table = tables.get(video.id);
  const cues = (await readCues()).get(video.id) ?? [];
  const reading = { size, table, hides: readCopy === undefined };
  const videoFacts = await inspectVideo(video, { ...reading, cues });
  if (videoFacts === undefined) return { outcome: "no_index", container };
  if (readCopy !== undefined && table !== undefined && await changesMidway(videoFacts, table, readCopy)) videoFacts.changesMidway = true;
  const audio = await findAudio(audioTracks, tables, container === "matroska");
  const dropped = audioTracks.length - audio.length;
  const facts: Facts = { size, container, reader: "index", video: videoFacts, audio, ...(dropped > 0 ? { droppedAudio: dropped } : {}), subtitles: await readTextTracks(), originTicks: readCopy === undefined ? findOrigin(container, videoFacts.start, table) : videoFacts.start };
  if (cues.length > 0 && longestGop(facts.video) > CUED_GOP_SEC * facts.video.timescale && !canRepackageVideo(facts)) {
    facts.video = await inspectVideo(video, { ...reading, cues: [] }) ?? facts.video;
  }
  return { outcome: "facts", facts, tracks, told: videoFacts.codec !== "" && audio.every(({ codec }) => codec !== "") };
}

/** What is encoded and has longer groups of pictures is cut between its key frames, of which cues say nothing. */
const CUED_GOP_SEC = 6;

/** Time 0 of the timeline: the first frame that is shown. In MP4 what lies before 0 was edited out, and only helps decoding. */
function findOrigin(container: string, start: number, table: SampleTable | undefined): number {
  if (start >= 0 || (container !== "mp4" && container !== "mov")) return start;
  const shown = table?.pts.reduce((first, time) => (time >= 0 && time < first ? time : first), Infinity) ?? 0;
  return Number.isFinite(shown) ? shown : 0;
}

/** `hides`: what lies before 0 was edited out, and only helps decoding. */
interface VideoReading { size: number; table: SampleTable | undefined; cues: readonly number[]; hides: boolean }

async function inspectVideo(track: InputVideoTrack, { size, table, cues, hides }: VideoReading): Promise<VideoFacts | undefined> {
  const codec = await track.getCodec();
  const config = await track.getDecoderConfig();
  if (codec === null || config === null) return table === undefined ? undefined : untoldVideo(table, hides);
  const timescale = await track.getTimeResolution();
  const name = FFMPEG_NAMES[codec] ?? codec;
  const configuration = config.description === undefined ? undefined : Buffer.from(toBytes(config.description)).toString("base64");
  const h264 = codec === "avc" && config.description !== undefined ? parseH264Config(toBytes(config.description)) : undefined;
  const index = table === undefined ? await indexOfTrack(track, { timescale, wantsKeys: DESCRIBABLE.has(name), cues }) : indexOfTable(table);
  const [width, height] = [await track.getCodedWidth(), await track.getCodedHeight()];
  if (index === undefined || width === 0 || height === 0) return undefined;
  const { start, end, gaps, openGop } = index;

  return {
    index: 0,
    codec: name,
    codecString: config.codec.replace(/^hev1/, "hvc1"), // as the init segment says it
    timescale, start, end,
    width, height,
    displayWidth: await track.getDisplayWidth(),
    displayHeight: await track.getDisplayHeight(),
    ...(table?.orientation ?? { rotation: await track.getRotation(), mirrored: false }),
    frameRate: findFrameRate(gaps, timescale),
    bitrate: (await track.getAverageBitrate()) ?? Math.round((size * 8 * timescale) / (end - start)),
    ...(h264 === undefined ? {} : { pixelFormat: pixelFormat(h264.chromaFormat, h264.bitDepth) }),
    hdr: await track.hasHighDynamicRange(),
    interlaced: h264 !== undefined && !h264.progressive,
    ...(h264?.saysMatrix === false && (await track.getColorSpace()).matrix == null ? { matrixUnsaid: true } : {}),
    ...framesOf(index, hides),
    openGop,
    ...(configuration === undefined ? {} : { configuration }),
    ...(table === undefined ? {} : { sampleEntry: Buffer.from(table.sampleEntry).toString("base64") }),
  };
}

function framesOf({ keyFrames, splitFrames, gopBytes, frames, framesBeforeZero = 0 }: TrackIndex, hides: boolean): Pick<VideoFacts, "keyFrames" | "splitFrames" | "gopBytes" | "frames"> {
  return {
    keyFrames, splitFrames, ...(gopBytes === undefined ? {} : { gopBytes }),
    ...(frames === undefined ? {} : { frames: hides ? frames - framesBeforeZero : frames }),
  };
}

/** Key frames that are looked at, spread over the video: a change lasts. */
const EXAMINED_KEYS = 64;
/** Parameter sets come first in a frame. */
const HEAD_BYTES = 512;

async function changesMidway({ codec, configuration }: VideoFacts, { keys, offsets, sizes }: SampleTable, read: ReadBytes): Promise<boolean> {
  if (codec !== "h264" || configuration === undefined) return false;
  const avcC = Buffer.from(configuration, "base64");
  const examined = Math.min(EXAMINED_KEYS, keys.length);
  for (let i = 0; i < examined; i++) {
    const sample = keys[Math.floor((i * (keys.length - 1)) / Math.max(1, examined - 1))] ?? 0;
    const offset = offsets[sample] ?? 0;
    if (bringsNewParameters(await read(offset, offset + Math.min(HEAD_BYTES, sizes[sample] ?? 0)), avcC)) return true;
  }
  return false;
}

/** A codec that the container reader doesn't know: its frames are where the tables say, whatever they are. */
function untoldVideo(table: SampleTable, hides: boolean): VideoFacts | undefined {
  const index = indexOfTable(table);
  if (index === undefined) return undefined;
  const { start, end, gaps, openGop } = index;
  return {
    index: 0, codec: "", timescale: table.timescale, width: 0, height: 0, displayWidth: 0, displayHeight: 0, ...table.orientation,
    frameRate: findFrameRate(gaps, table.timescale), bitrate: 0, hdr: false, interlaced: false, start, end, openGop, ...framesOf(index, hides),
    sampleEntry: Buffer.from(table.sampleEntry).toString("base64"),
  };
}

function pixelFormat(chromaFormat: number, bitDepth: number): string {
  const layout = ["gray", "yuv420p", "yuv422p", "yuv444p"][chromaFormat] ?? "yuv420p";
  return bitDepth === 8 ? layout : `${layout}${bitDepth}le`;
}

/** Those whose codec is known, or whose times at least. `rounded`: the container's times are coarser than samples. */
async function findAudio(tracks: readonly InputAudioTrack[], tables: ReadonlyMap<number, SampleTable>, rounded: boolean): Promise<AudioFacts[]> {
  const found: AudioFacts[] = [];
  for (const [index, track] of tracks.entries()) {
    const codec = await track.getCodec();
    const config = await track.getDecoderConfig();
    const table = tables.get(track.id);
    if (codec === null || config === null) {
      if (table !== undefined) found.push({ index, codec: "", ...spanOfTable(table), timescale: table.timescale, sampleRate: 0, channels: 0, bitrate: 0 });
      continue;
    }
    const told = await track.getTimeResolution();
    const toldSpan = await findSpan(track, told, table);
    if (toldSpan === undefined) continue;
    const { timescale, ...span } = (rounded ? await findAacSpan(track, toldSpan.end / told) : undefined) ?? { timescale: told, ...toldSpan };
    const language = await track.getLanguageCode();
    const title = await track.getName();
    found.push({
      index,
      codec: FFMPEG_NAMES[codec] ?? codec,
      codecString: config.codec,
      timescale,
      ...span,
      sampleRate: config.sampleRate,
      channels: config.numberOfChannels,
      bitrate: (await track.getAverageBitrate()) ?? 128_000,
      ...(/^[a-z]{2,3}$/.test(language) && language !== "und" ? { language } : {}),
      ...(title === null || title === "" ? {} : { title: title.slice(0, MAX_TITLE) }),
      ...(config.description === undefined ? {} : { configuration: Buffer.from(toBytes(config.description)).toString("base64") }),
    });
  }
  return found;
}

/** First and last time of the sound, in ticks. */
async function findSpan(track: InputAudioTrack, timescale: number, table: SampleTable | undefined): Promise<{ start: number; end: number } | undefined> {
  if (table !== undefined) return spanOfTable(table);
  const first = await new EncodedPacketSink(track).getFirstPacket(MORE);
  if (first === null) return undefined;
  return { start: Math.round(first.timestamp * timescale), end: Math.round((await track.computeDuration(MORE)) * timescale) };
}

function spanOfTable({ pts, durations, count }: SampleTable): { start: number; end: number } {
  return { start: pts[0] ?? 0, end: (pts[count - 1] ?? 0) + (durations[count - 1] ?? 0) };
}
