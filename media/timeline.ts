/**
 * Where a video is cut. Boundaries are ticks of the timeline, which starts at 0 with the first shown frame; segment n
 * is [boundaries[n], boundaries[n + 1]). The first segments are short, so that the first one arrives early. Pure.
 */
import type { Facts, VideoFacts } from "./facts.ts";
import type { Cut } from "./plan.ts";
import { canRepackageVideo } from "./playable.ts";
import type { Rational } from "./rational.ts";
import { rescaleCeil } from "./rational.ts";

export interface Timeline { cut: Cut; timescale: number; frameRate: Rational; boundaries: number[] }

const SHORT_SEC = 2;
const SHORT_SEGMENTS = 2;
const LONG_SEC = 4;
/** A key frame this little before the wanted time is as good. */
const EARLY_SEC = 0.5;
const MAX_FRAME_RATE = 60;
/** A slide that stands for minutes is repeated: a segment with one frame of minutes could not be sought in. */
const MIN_FRAME_RATE = 1;
/** Fine enough that audio and video times differ by less than a tenth of a millisecond. */
const MIN_TIMESCALE = 10_000;

export function planTimeline(facts: Facts): Timeline {
  const { timescale, frameRate } = facts.video;
  return canRepackageVideo(facts)
    ? { cut: "keys", timescale, frameRate, boundaries: cutAtKeyFrames(facts.video, facts.originTicks) }
    : cutAtFrames(facts, boundFrameRate(frameRate));
}

const targetSec = (segment: number): number => (segment < SHORT_SEGMENTS ? SHORT_SEC : LONG_SEC);

function cutAtKeyFrames(video: VideoFacts, origin: number): number[] {
  const end = video.end - origin;
  const boundaries = [0];
  for (const key of video.keyFrames) {
    const time = key - origin;
    const last = boundaries.at(-1) ?? 0;
    const wanted = (targetSec(boundaries.length - 1) - EARLY_SEC) * video.timescale;
    if (time - last >= wanted && end - time >= EARLY_SEC * video.timescale) boundaries.push(time);
  }
  return [...boundaries, end];
}

/** A grid of frames at a constant rate: a still screen fills its segments too, and no segment is empty. */
function cutAtFrames(facts: Facts, frameRate: Rational): Timeline {
  const { video, originTicks } = facts;
  const timescale = gridTimescale(frameRate);
  const frameTicks = (timescale / frameRate.num) * frameRate.den; // in this order no product is too large to be exact
  const durationTicks = rescaleCeil(video.end - originTicks, video.timescale, timescale);
  const frames = Math.max(1, Math.round(durationTicks / frameTicks));
  const boundaries = [0];
  while ((boundaries.at(-1) ?? 0) < frames) {
    const last = boundaries.at(-1) ?? 0;
    const length = Math.max(1, Math.round((targetSec(boundaries.length - 1) * frameRate.num) / frameRate.den));
    const next = last + length;
    boundaries.push(frames - next < length / 4 ? frames : next);
  }
  return { cut: "frames", timescale, frameRate, boundaries: boundaries.map((frame) => frame * frameTicks) };
}

function gridTimescale(rate: Rational): number {
  let timescale = rate.num;
  while (timescale < MIN_TIMESCALE) timescale *= 2;
  return timescale;
}

function boundFrameRate(rate: Rational): Rational {
  const perSecond = rate.num / rate.den;
  if (perSecond > MAX_FRAME_RATE) return { num: MAX_FRAME_RATE, den: 1 };
  return perSecond < MIN_FRAME_RATE ? { num: MIN_FRAME_RATE, den: 1 } : rate;
}
