/** Whether a source can be served as it is: its codecs play in every browser and its key frames allow the cut. Pure. */
import type { AudioFacts, Facts, VideoFacts } from "./facts.ts";

/** Key frames further apart than this make segments that start too slowly. */
const MAX_GOP_SEC = 12;
/** H.264 profiles without 4:2:2, 4:4:4 or more than 8 bits: Baseline, Main, High. */
const PROFILES = /^avc1\.(42|4d|64)/i;

export function canRepackageVideo(facts: Facts): boolean {
  const { video } = facts;
  return (
    facts.reader === "index" &&
    video.codec === "h264" &&
    PROFILES.test(video.codecString ?? "") &&
    video.pixelFormat === "yuv420p" &&
    video.configuration !== undefined &&
    !video.interlaced && !video.hdr && !video.openGop &&
    video.rotation === 0 &&
    video.start === facts.originTicks &&
    longestGop(video) <= MAX_GOP_SEC * video.timescale
  );
}

/**
 * Opus and MP3 in MP4 do not play everywhere; HE-AAC is a matter of taste between players. Times that are coarser than
 * samples (Matroska has milliseconds) would leave gaps.
 */
export function canRepackageAudio(facts: Facts): boolean {
  const audio: AudioFacts | undefined = facts.audio;
  return facts.reader === "index" && audio?.codecString === "mp4a.40.2" && audio.timescale >= audio.sampleRate && audio.configuration !== undefined && audio.channels <= 2;
}

/** Whether the demuxer can hand frames to FFmpeg, so that FFmpeg need not open the source. */
export function canFeedPackets(facts: Facts): boolean {
  const { video } = facts;
  return facts.reader === "index" && !video.openGop && FEEDABLE.has(video.codec) && longestGop(video) <= 60 * video.timescale;
}

/** Codecs that FFmpeg gets as frames from a key frame on; of the others it reads the file. */
export const FEEDABLE: ReadonlySet<string> = new Set(["h264", "hevc", "vp9", "av1"]);

function longestGop(video: VideoFacts): number {
  return video.keyFrames.reduce((longest, key, i) => Math.max(longest, (video.keyFrames[i + 1] ?? video.end) - key), 0);
}
