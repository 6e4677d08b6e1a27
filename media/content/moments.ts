/** Where a video is looked at: a few key frames spread over it, and a few frames after each. Pure. */
import type { VideoFacts } from "../facts.ts";

/** Ticks of the track: [from, to), beginning with a key frame. */
export interface LookSpan { from: number; to: number }

const MOMENTS = 8;
/** What moves, moves within a quarter of a second; a slow stream needs longer for its few frames. */
const SPAN_SEC = 0.25;
const SPAN_FRAMES = 3;
/** Frames of a moment that are decoded, at most. */
export const MAX_MOMENT_FRAMES = 8;

/** In order, none twice; fewer than eight of a video with fewer key frames. */
export function chooseMoments(video: VideoFacts): LookSpan[] {
  const { keyFrames, timescale, frameRate, start, end } = video;
  const span = Math.ceil(timescale * Math.max(SPAN_SEC, (SPAN_FRAMES * frameRate.den) / frameRate.num));
  const wanted = Array.from({ length: MOMENTS }, (_, i) => start + ((end - start) * (i + 0.5)) / MOMENTS);
  const keys = new Set(wanted.map((time) => keyFrames.findLastIndex((key) => key <= time)).filter((index) => index >= 0));
  return [...keys].map((index) => {
    const from = keyFrames[index] ?? start;
    return { from, to: Math.min(from + span, keyFrames[index + 1] ?? end) };
  });
}
