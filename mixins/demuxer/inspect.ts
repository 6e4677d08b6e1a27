/** Finds the facts of a source from its container's index alone, in a few reads. */
import { EncodedPacketSink, type Input, type InputAudioTrack, type InputVideoTrack } from "mediabunny";
import { parseH264Config } from "../../media/h264.ts";
import type { AudioFacts, Facts, VideoFacts } from "../../media/facts.ts";
import { findFrameRate } from "../../media/frame-rate.ts";
import type { SampleTable } from "../../media/mp4/sample-tables.ts";
import { FEEDABLE } from "../../media/playable.ts";
import type { Inspection } from "./demuxer.contract.ts";
import { indexOfTable, indexOfTrack } from "./track-index.ts";

/** mediabunny's names of codecs, where FFmpeg's differ. */
const FFMPEG_NAMES: Readonly<Record<string, string>> = { avc: "h264", "pcm-s16": "pcm_s16le" };
/** Sample entries of protected tracks (ISO/IEC 14496-12 8.12). */
const ENCRYPTED: ReadonlySet<unknown> = new Set(["encv", "enca", "encs"]);

const MORE = { metadataOnly: true } as const;

export async function inspect(input: Input, size: number, readTables: () => Promise<ReadonlyMap<number, SampleTable>>): Promise<Inspection> {
  const [format, videoTracks, audioTracks, { length: tracks }] = await Promise.all([input.getFormat(), input.getVideoTracks(), input.getAudioTracks(), input.getTracks()]);
  const container = format.name.toLowerCase().replace("quicktime file format", "mov");
  const video = videoTracks[0];
  if (video === undefined) return { outcome: "no_index", container };
  if (ENCRYPTED.has(await video.getInternalCodecId())) return { outcome: "encrypted" };
  const tables = await readTables();
  const videoFacts = await inspectVideo(video, size, tables.get(video.id));
  if (videoFacts === undefined) return { outcome: "no_index", container };
  const audio = await findAudio(audioTracks, tables);
  const facts: Facts = { size, container, reader: "index", video: videoFacts, ...(audio === undefined ? {} : { audio }), originTicks: findOrigin(container, videoFacts.start) };
  return { outcome: "facts", facts, tracks };
}

/** Time 0 of the timeline: the first frame that is shown. In MP4 what lies before 0 was edited out, and only helps decoding. */
function findOrigin(container: string, start: number): number {
  return (container === "mp4" || container === "mov") && start < 0 ? 0 : start;
}

async function inspectVideo(track: InputVideoTrack, size: number, table: SampleTable | undefined): Promise<VideoFacts | undefined> {
  const codec = await track.getCodec();
  const config = await track.getDecoderConfig();
  if (codec === null || config === null) return undefined;
  const timescale = await track.getTimeResolution();
  const name = FFMPEG_NAMES[codec] ?? codec;
  const index = table === undefined ? await indexOfTrack(track, timescale, FEEDABLE.has(name)) : indexOfTable(table);
  const [width, height] = [await track.getCodedWidth(), await track.getCodedHeight()];
  if (index === undefined || width === 0 || height === 0) return undefined;
  const { start, end } = index;
  const keyFrames = FEEDABLE.has(name) ? index.keyFrames : []; // nobody asks for those of a codec that FFmpeg reads as a file

  const configuration = config.description === undefined ? undefined : Buffer.from(toBytes(config.description)).toString("base64");
  const h264 = codec === "avc" && config.description !== undefined ? parseH264Config(toBytes(config.description)) : undefined;
  return {
    index: 0,
    codec: name,
    codecString: config.codec.replace(/^hev1/, "hvc1"), // as the init segment says it
    timescale, start, end,
    width, height,
    displayWidth: await track.getDisplayWidth(),
    displayHeight: await track.getDisplayHeight(),
    rotation: await track.getRotation(),
    frameRate: findFrameRate(index.gaps, timescale),
    bitrate: (await track.getAverageBitrate()) ?? Math.round((size * 8 * timescale) / (end - start)),
    ...(h264 === undefined ? {} : { pixelFormat: pixelFormat(h264.chromaFormat, h264.bitDepth) }),
    hdr: await track.hasHighDynamicRange(),
    interlaced: h264 !== undefined && !h264.progressive,
    keyFrames,
    openGop: index.openGop || (keyFrames[0] ?? start) !== start,
    ...(configuration === undefined ? {} : { configuration }),
  };
}

function pixelFormat(chromaFormat: number, bitDepth: number): string {
  const layout = ["gray", "yuv420p", "yuv422p", "yuv444p"][chromaFormat] ?? "yuv420p";
  return bitDepth === 8 ? layout : `${layout}${bitDepth}le`;
}

async function findAudio(tracks: readonly InputAudioTrack[], tables: ReadonlyMap<number, SampleTable>): Promise<AudioFacts | undefined> {
  for (const [index, track] of tracks.entries()) {
    const codec = await track.getCodec();
    const config = await track.getDecoderConfig();
    if (codec === null || config === null) continue; // an unknown codec: the video plays without it
    const timescale = await track.getTimeResolution();
    const span = await findSpan(track, timescale, tables.get(track.id));
    if (span === undefined) continue;
    const language = await track.getLanguageCode();
    return {
      index,
      codec: FFMPEG_NAMES[codec] ?? codec,
      codecString: config.codec,
      timescale,
      ...span,
      sampleRate: config.sampleRate,
      channels: config.numberOfChannels,
      bitrate: (await track.getAverageBitrate()) ?? 128_000,
      ...(/^[a-z]{2,3}$/.test(language) && language !== "und" ? { language } : {}),
      ...(config.description === undefined ? {} : { configuration: Buffer.from(toBytes(config.description)).toString("base64") }),
    };
  }
  return undefined;
}

/** First and last time of the sound, in ticks. */
async function findSpan(track: InputAudioTrack, timescale: number, table: SampleTable | undefined): Promise<{ start: number; end: number } | undefined> {
  if (table !== undefined) return { start: table.pts[0] ?? 0, end: (table.pts[table.count - 1] ?? 0) + (table.durations[table.count - 1] ?? 0) };
  const first = await new EncodedPacketSink(track).getFirstPacket(MORE);
  if (first === null) return undefined;
  return { start: Math.round(first.timestamp * timescale), end: Math.round((await track.computeDuration(MORE)) * timescale) };
}

function toBytes(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
}
