/** Which renditions a video gets: never larger than its source, sizes even, aspect kept. Pure. */
import type { AudioFacts, Facts } from "./facts.ts";
import type { AudioRendition, VideoRendition } from "./plan.ts";
import { canRepackageAudio, canRepackageVideo } from "./playable.ts";
import type { Rational } from "./rational.ts";

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

export function planVideo(facts: Facts, frameRate: Rational): VideoRendition[] {
  const { displayWidth: width, displayHeight: height } = facts.video;
  const side = Math.min(width, height);
  const asIs = canRepackageVideo(facts);
  const lower = RUNGS.filter((rung) => rung.side <= side * MAX_STEP);
  const rungs = asIs ? lower.filter((rung) => rung.side <= 720) : [topRung(side), ...lower.filter((rung) => rung.side < topRung(side).side)];
  if (asIs && rungs.length === 0 && side > SMALL_RUNG.side) rungs.push(SMALL_RUNG);
  const encodes = rungs.map((rung) => encodeRendition(rung, width, height, frameRate));
  return asIs ? [sourceRendition(facts), ...encodes] : encodes;
}

type Rung = { readonly side: number; readonly videoKbps: number };

/** The largest rung of a source that has to be encoded: its own size, 1080 at the most. */
function topRung(side: number): Rung {
  const above = [...RUNGS].reverse().find((rung) => rung.side >= side) ?? RUNGS[0];
  return { side: Math.max(2, Math.min(side, RUNGS[0].side)), videoKbps: above.videoKbps };
}

function sourceRendition(facts: Facts): VideoRendition {
  const { video } = facts;
  return {
    kind: "video",
    name: "source",
    mode: "repackage",
    codecs: video.codecString ?? "",
    width: video.displayWidth,
    height: video.displayHeight,
    frameRate: video.frameRate,
    bandwidth: Math.round(video.bitrate * 2), // of key frames and motion; the index does not say more
    averageBandwidth: video.bitrate,
  };
}

function encodeRendition(rung: Rung, sourceWidth: number, sourceHeight: number, frameRate: Rational): VideoRendition {
  const side = Math.max(1, Math.min(sourceWidth, sourceHeight)); // a source may say 0
  const width = even((sourceWidth * rung.side) / side);
  const height = even((sourceHeight * rung.side) / side);
  const fast = frameRate.num / frameRate.den > 30 ? 1.5 : 1;
  const videoBps = rung.videoKbps * 1000 * fast;
  return {
    kind: "video",
    name: `${Math.min(width, height)}p`,
    mode: "encode",
    codecs: `avc1.6400${h264Level(width, height, frameRate).toString(16).padStart(2, "0")}`,
    width, height, frameRate,
    bandwidth: Math.round(videoBps * 1.25),
    averageBandwidth: Math.round(videoBps * 0.6),
  };
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

export function planAudio(facts: Facts): AudioRendition | undefined {
  const audio: AudioFacts | undefined = facts.audio;
  if (audio === undefined) return undefined;
  const language = audio.language === undefined ? {} : { language: audio.language };
  if (canRepackageAudio(facts)) {
    return { kind: "audio", name: "audio", mode: "repackage", codecs: audio.codecString ?? "", sampleRate: audio.sampleRate, channels: audio.channels, ...language, bandwidth: audio.bitrate };
  }
  const channels = Math.min(audio.channels, 2);
  return { kind: "audio", name: "audio", mode: "encode", codecs: "mp4a.40.2", sampleRate: 48_000, channels, ...language, bandwidth: AUDIO_KBPS * 1000 };
}
