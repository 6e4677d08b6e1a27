/** Whether a source can be served as it is: its codecs play in every browser and its key frames allow the cut. Pure. */
import type { AudioFacts, Facts, VideoFacts } from "./facts.ts";

/** Key frames further apart than this make segments that start too slowly. */
export const MAX_GOP_SEC = 12;
/** H.264 profiles without 4:2:2, 4:4:4 or more than 8 bits: Baseline, Main, High. */
export const PROFILES = /^avc1\.(42|4d|64)/i;

export function canRepackageVideo(facts: Facts): boolean {
  const { video } = facts;
  return (
    facts.reader !== "probe" &&
    video.codec === "h264" &&
    PROFILES.test(video.codecString ?? "") &&
    video.pixelFormat === "yuv420p" &&
    video.configuration !== undefined &&
    !video.interlaced && !video.hdr && !video.openGop && !video.mirrored && video.changesMidway !== true &&
    video.rotation === 0 &&
    video.start === facts.originTicks &&
    video.keyFrames.length > 0 &&
    longestGop(video) <= MAX_GOP_SEC * video.timescale
  );
}

/**
 * Opus and MP3 in MP4 do not play everywhere; HE-AAC is a matter of taste between players. Times that are coarser than
 * samples (Matroska has milliseconds) would leave gaps.
 */
export function canRepackageAudio(facts: Facts, audio: AudioFacts): boolean {
  return facts.reader !== "probe" && audio.codecString === "mp4a.40.2" && audio.timescale >= audio.sampleRate && audio.configuration !== undefined && audio.channels <= 2;
}

/** Whether FFmpeg can be handed the frames of a span, so that it need not open the source, seek in it, or guess a time. */
export function canFeedPackets(facts: Facts): boolean {
  const { video } = facts;
  return facts.reader !== "probe" && video.keyFrames.length > 0 && (video.sampleEntry !== undefined || DESCRIBABLE.has(video.codec)) && longestGop(video) <= MAX_FED_GOP_SEC * video.timescale;
}

/** Every segment is decoded from the key frame before it: with key frames much further apart that would never end. */
const MAX_FED_GOP_SEC = 120;

/** Codecs whose sample entry can be written from what any container says of them. */
export const DESCRIBABLE: ReadonlySet<string> = new Set(["h264", "hevc", "vp8", "vp9", "av1"]);

export function longestGop(video: VideoFacts): number {
  return video.keyFrames.reduce((longest, key, i) => Math.max(longest, (video.keyFrames[i + 1] ?? video.end) - key), 0);
}
