/** Finds the facts of a source from its container's index alone, in a few reads. */
import { EncodedPacketSink, type Input, type InputAudioTrack, type InputVideoTrack } from "mediabunny";
import { parseH264Config } from "../../media/h264.ts";
import type { AudioFacts, Facts, VideoFacts } from "../../media/facts.ts";
import { findFrameRate } from "../../media/frame-rate.ts";
import { FEEDABLE } from "../../media/playable.ts";
import type { Inspection } from "./demuxer.contract.ts";

/** mediabunny's names of codecs, where FFmpeg's differ. */
const FFMPEG_NAMES: Readonly<Record<string, string>> = { avc: "h264", "pcm-s16": "pcm_s16le" };
/** Groups of pictures that are looked into for frames shown before their key frame, and for the frame rate. */
const SAMPLED_PACKETS = 300;

/** Sample entries of protected tracks (ISO/IEC 14496-12 8.12). */
const ENCRYPTED: ReadonlySet<unknown> = new Set(["encv", "enca", "encs"]);

const MORE = { metadataOnly: true } as const;

export async function inspect(input: Input, size: number): Promise<Inspection> {
  const [format, videoTracks, audioTracks, { length: tracks }] = await Promise.all([input.getFormat(), input.getVideoTracks(), input.getAudioTracks(), input.getTracks()]);
  const container = format.name.toLowerCase().replace("quicktime file format", "mov");
  const video = videoTracks[0];
  if (video === undefined) return { outcome: "no_index", container };
  if (ENCRYPTED.has(await video.getInternalCodecId())) return { outcome: "encrypted" };
  const videoFacts = await inspectVideo(video, size);
  if (videoFacts === undefined) return { outcome: "no_index", container };
  const audio = await findAudio(audioTracks);
  const facts: Facts = { size, container, reader: "index", video: videoFacts, ...(audio === undefined ? {} : { audio }), originTicks: findOrigin(container, videoFacts.start) };
  return { outcome: "facts", facts, tracks };
}

/** Time 0 of the timeline: the first frame that is shown. In MP4 what lies before 0 was edited out, and only helps decoding. */
function findOrigin(container: string, start: number): number {
  return (container === "mp4" || container === "mov") && start < 0 ? 0 : start;
}

async function inspectVideo(track: InputVideoTrack, size: number): Promise<VideoFacts | undefined> {
  const codec = await track.getCodec();
  const config = await track.getDecoderConfig();
  if (codec === null || config === null) return undefined;
  const timescale = await track.getTimeResolution();
  const ticks = (seconds: number): number => Math.round(seconds * timescale);
  const sink = new EncodedPacketSink(track);

  const name = FFMPEG_NAMES[codec] ?? codec;
  // In Matroska finding them costs a look at every cluster: nobody asks for those of a codec that FFmpeg reads as a file.
  const keyFrames = FEEDABLE.has(name) ? await findKeyFrames(sink, ticks) : [];
  const sample = await samplePackets(sink, ticks);
  const end = ticks(await track.computeDuration(MORE));
  const start = sample.start;
  const [width, height] = [await track.getCodedWidth(), await track.getCodedHeight()];
  if ((FEEDABLE.has(name) && keyFrames.length === 0) || start === undefined || end <= start || width === 0 || height === 0) return undefined;

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
    frameRate: findFrameRate(sample.gaps, timescale),
    bitrate: (await track.getAverageBitrate()) ?? Math.round((size * 8 * timescale) / (end - start)),
    ...(h264 === undefined ? {} : { pixelFormat: pixelFormat(h264.chromaFormat, h264.bitDepth) }),
    hdr: await track.hasHighDynamicRange(),
    interlaced: h264 !== undefined && !h264.progressive,
    keyFrames,
    openGop: sample.openGop || (keyFrames[0] ?? start) !== start,
    ...(configuration === undefined ? {} : { configuration }),
  };
}

async function findKeyFrames(sink: EncodedPacketSink, ticks: (seconds: number) => number): Promise<number[]> {
  const times: number[] = [];
  for (let key = await sink.getFirstKeyPacket(MORE); key !== null; key = await sink.getNextKeyPacket(key, MORE)) times.push(ticks(key.timestamp));
  return times;
}

function pixelFormat(chromaFormat: number, bitDepth: number): string {
  const layout = ["gray", "yuv420p", "yuv422p", "yuv444p"][chromaFormat] ?? "yuv420p";
  return bitDepth === 8 ? layout : `${layout}${bitDepth}le`;
}

/** The first frames' times: the earliest, the gaps between them in order of presentation, and whether a GOP is open. */
async function samplePackets(sink: EncodedPacketSink, ticks: (seconds: number) => number) {
  const times: number[] = [];
  let [key, openGop] = [-Infinity, false];
  for (let packet = await sink.getFirstPacket(MORE); packet !== null && times.length < SAMPLED_PACKETS; packet = await sink.getNextPacket(packet, MORE)) {
    const time = ticks(packet.timestamp);
    if (packet.type === "key") key = time;
    else if (time < key) openGop = true;
    times.push(time);
  }
  times.sort((a, b) => a - b);
  // The last few may be missing frames that come later in the file but are shown before them.
  const whole = times.length < SAMPLED_PACKETS ? times : times.slice(0, -16);
  return { start: times[0], openGop, gaps: whole.slice(1).map((time, i) => time - (whole[i] ?? time)) };
}

async function findAudio(tracks: readonly InputAudioTrack[]): Promise<AudioFacts | undefined> {
  for (const [index, track] of tracks.entries()) {
    const codec = await track.getCodec();
    const config = await track.getDecoderConfig();
    if (codec === null || config === null) continue; // an unknown codec: the video plays without it
    const timescale = await track.getTimeResolution();
    const first = await new EncodedPacketSink(track).getFirstPacket(MORE);
    if (first === null) continue;
    const language = await track.getLanguageCode();
    return {
      index,
      codec: FFMPEG_NAMES[codec] ?? codec,
      codecString: config.codec,
      timescale,
      start: Math.round(first.timestamp * timescale),
      end: Math.round((await track.computeDuration(MORE)) * timescale),
      sampleRate: config.sampleRate,
      channels: config.numberOfChannels,
      bitrate: (await track.getAverageBitrate()) ?? 128_000,
      ...(/^[a-z]{2,3}$/.test(language) && language !== "und" ? { language } : {}),
      ...(config.description === undefined ? {} : { configuration: Buffer.from(toBytes(config.description)).toString("base64") }),
    };
  }
  return undefined;
}

function toBytes(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
}
