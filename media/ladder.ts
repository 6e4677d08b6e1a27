/** Which renditions a video gets: never larger than its source, sizes even, aspect kept. Pure. */
import type { Facts } from "./facts.ts";
import { av1Codecs, av1Level, hevcCodecs, hevcLevel, type StreamNeeds } from "./codec-levels.ts";
import type { AudioRendition, SubtitleRendition, VideoRendition } from "./plan.ts";
import { canRepackageAudio, canRepackageVideo } from "./playable.ts";
import type { Rational } from "./rational.ts";
import { encoderFor, VIDEO_ENCODERS, type EncoderKind, type VideoCodec, type VideoEncoder } from "./video-encoders.ts";

/** Short side in pixels, and the most bits per second (in thousands) that a rung may take at up to 30 frames a second. */
const RUNGS = [
  { side: 1080, videoKbps: 5_000 },
  { side: 720, videoKbps: 2_800 },
  { side: 360, videoKbps: 800 },
] as const;
/** For sources smaller than the smallest rung but one. */
const SMALL_RUNG = { side: 240, videoKbps: 400 } as const;
/** A rung this near to the one above would cost an encode and save a viewer nothing. */
const MAX_STEP = 0.8;
export const AUDIO_KBPS = 128;

/**
 * `codecs`: of the encodes; every rung exists in each of them. The lowest is the processor's whatever `encoder` says: so
 * every video plays on every node, also when no card is left.
 */
export function planVideo(facts: Facts, frameRate: Rational, boundaries: readonly number[], codecs: readonly VideoCodec[] = ["h264"], encoder: EncoderKind = "software"): VideoRendition[] {
  const { displayWidth: width, displayHeight: height } = facts.video;
  const side = Math.min(width, height);
  const asIs = canRepackageVideo(facts);
  const lower = RUNGS.filter((rung) => rung.side <= side * MAX_STEP);
  const rungs = asIs ? lower.filter((rung) => rung.side <= 720) : [topRung(side), ...lower.filter((rung) => rung.side < topRung(side).side)];
  if (asIs && rungs.length === 0 && side > SMALL_RUNG.side) rungs.push(SMALL_RUNG);
  const encodes = codecs.flatMap((codec) => rungs.map((rung, n) => ({
    ...encodeRendition(rung, codec, width, height, frameRate), ...ofCard(encoderFor(codec, n === rungs.length - 1 ? "software" : encoder)),
  })));
  return asIs ? [sourceRendition(facts, boundaries), ...encodes] : encodes;
}

const ofCard = (encoder: VideoEncoder): Pick<VideoRendition, "encoder"> => (VIDEO_ENCODERS[encoder].hardware ? { encoder } : {});

type Rung = { readonly side: number; readonly videoKbps: number };

/** The largest rung of a source that has to be encoded: its own size, 1080 at the most. */
function topRung(side: number): Rung {
  const above = [...RUNGS].reverse().find((rung) => rung.side >= side) ?? RUNGS[0];
  return { side: Math.max(2, Math.min(side, RUNGS[0].side)), videoKbps: above.videoKbps };
}

function sourceRendition(facts: Facts, boundaries: readonly number[]): VideoRendition {
  const { video } = facts;
  const measured = segmentBitrates(facts, boundaries);
  return {
    kind: "video",
    name: "source",
    mode: "repackage",
    codec: "h264",
    codecs: video.codecString ?? "",
    width: video.displayWidth,
    height: video.displayHeight,
    frameRate: video.frameRate,
    bandwidth: Math.ceil(measured === undefined ? video.bitrate * 2 : Math.max(...measured)), // twice: of key frames and motion
    averageBandwidth: Math.ceil(video.bitrate),
  };
}

/** Boxes around the frames of a segment, bytes a frame at most and bytes a segment. */
const FRAME_OVERHEAD_BYTES = 16;
const SEGMENT_OVERHEAD_BYTES = 128;

/** Bits per second of each segment that is repackaged, its boxes included, where the index tells the size of every group of pictures. */
function segmentBitrates({ video, originTicks }: Facts, boundaries: readonly number[]): number[] | undefined {
  const { gopBytes, keyFrames, frameRate } = video;
  if (gopBytes === undefined || gopBytes.length !== keyFrames.length) return undefined;
  let key = 0;
  return boundaries.slice(1).map((end, n) => {
    const seconds = (end - (boundaries[n] ?? 0)) / video.timescale;
    let bytes = SEGMENT_OVERHEAD_BYTES + FRAME_OVERHEAD_BYTES * Math.ceil((seconds * frameRate.num) / frameRate.den);
    for (; key < keyFrames.length && (keyFrames[key] ?? 0) - originTicks < end; key++) bytes += gopBytes[key] ?? 0;
    return (bytes * 8) / seconds;
  });
}

/** Bits for the same quality, of H.264's. */
const THRIFT: Readonly<Record<VideoCodec, number>> = { h264: 1, hevc: 0.7, av1: 0.6 };

function encodeRendition(rung: Rung, codec: VideoCodec, sourceWidth: number, sourceHeight: number, frameRate: Rational): VideoRendition {
  const side = Math.max(1, Math.min(sourceWidth, sourceHeight)); // a source may say 0
  const width = even((sourceWidth * rung.side) / side);
  const height = even((sourceHeight * rung.side) / side);
  const fast = frameRate.num / frameRate.den > 30 ? 1.5 : 1;
  const videoBps = rung.videoKbps * 1000 * fast * THRIFT[codec];
  return {
    kind: "video",
    name: codec === "h264" ? `${Math.min(width, height)}p` : `${Math.min(width, height)}p-${codec}`,
    mode: "encode",
    codec,
    codecs: codecsOf(codec, { width, height, frameRate, peakKbps: videoBps / 1000 }),
    width, height, frameRate,
    bandwidth: Math.round(videoBps * 1.25),
    averageBandwidth: Math.round(videoBps * 0.6),
  };
}

function codecsOf(codec: VideoCodec, needs: StreamNeeds): string {
  switch (codec) {
    case "h264": return `avc1.6400${h264Level(needs.width, needs.height, needs.frameRate).toString(16).padStart(2, "0")}`;
    case "hevc": return hevcCodecs(hevcLevel(needs));
    case "av1": return av1Codecs(av1Level(needs));
    default: return codec satisfies never;
  }
}

/** Times ten, as the rendition's codec string says it: what its encoder is told. */
export function levelOf({ codec, codecs }: VideoRendition): number {
  switch (codec) {
    case "h264": return Number.parseInt(codecs.slice(-2), 16);
    case "hevc": return Number(/\.L(\d+)\./.exec(codecs)?.[1] ?? 0) / 3;
    case "av1": {
      const index = Number(/^av01\.0\.(\d\d)M/.exec(codecs)?.[1] ?? 0);
      return (2 + Math.floor(index / 4)) * 10 + (index % 4);
    }
    default: return codec satisfies never;
  }
}

const even = (pixels: number): number => Math.max(2, 2 * Math.round(pixels / 2));

/** ITU-T H.264 table A-1: level × 10, largest frame and frames a second in macroblocks. */
const LEVELS = [
  [30, 1_620, 40_500], [31, 3_600, 108_000], [32, 5_120, 216_000], [40, 8_192, 245_760],
  [42, 8_704, 522_240], [50, 22_080, 589_824], [51, 36_864, 983_040], [52, 36_864, 2_073_600],
] as const;

/** The lowest level (× 10) that H.264 allows for the size and rate, 3.0 at least. */
export function h264Level(width: number, height: number, frameRate: Rational): number {
  const blocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  const rate = (blocks * frameRate.num) / frameRate.den;
  return (LEVELS.find(([, frame, perSecond]) => blocks <= frame && rate <= perSecond) ?? LEVELS[LEVELS.length - 1] ?? LEVELS[0])[0];
}

/** One rendition a track of sound, the first being what plays unless another is chosen. */
export function planAudio(facts: Facts): AudioRendition[] {
  return facts.audio.slice(0, MAX_AUDIO).map((audio, track) => {
    const described = {
      kind: "audio" as const, name: track === 0 ? "audio" : `audio-${track}`, track,
      ...(audio.language === undefined ? {} : { language: audio.language }), ...(audio.title === undefined ? {} : { title: audio.title }),
    };
    return canRepackageAudio(facts, audio)
      ? { ...described, mode: "repackage", codecs: audio.codecString ?? "", sampleRate: audio.sampleRate, channels: audio.channels, bandwidth: audio.bitrate }
      : { ...described, mode: "encode", codecs: "mp4a.40.2", sampleRate: 48_000, channels: Math.min(audio.channels, 2), bandwidth: AUDIO_KBPS * 1000 };
  });
}

/** More languages than any lecture has; each is stored whole. */
const MAX_AUDIO = 16;
const MAX_SUBTITLES = 64;

export function planSubtitles(facts: Facts): SubtitleRendition[] {
  return facts.subtitles.slice(0, MAX_SUBTITLES).map(({ language, title }, track) => ({
    name: track === 0 ? "sub" : `sub-${track}`, track, ...(language === undefined ? {} : { language }), ...(title === undefined ? {} : { title }),
  }));
}
