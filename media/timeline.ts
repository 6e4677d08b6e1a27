/**
 * Where a video is cut. Boundaries are ticks of the timeline, which starts at 0 with the first shown frame; segment n
 * is [boundaries[n], boundaries[n + 1]). The first segments are short, so that the first one arrives early. Pure.
 */
import { isNearlyStill } from "./content/stillness.ts";
import type { Facts, VideoFacts } from "./facts.ts";
import { decimation, isKept } from "./frame-rate.ts";
import type { Cut } from "./plan.ts";
import { canFeedPackets, canRepackageVideo } from "./playable.ts";
import { rational, rescaleCeil, type Rational } from "./rational.ts";

/** `frameRate`: of the encodes. */
export interface Timeline { cut: Cut; timescale: number; frameRate: Rational; boundaries: number[] }

const SHORT_SEC = 2;
const SHORT_SEGMENTS = 2;
const LONG_SEC = 4;
/** Where nothing moves: there, most of the bits are those of the key frame that begins each segment. */
const STILL_SEC = 8;
/** A frame this little before the wanted time is as good. */
const EARLY_SEC = 0.5;
/** A key frame this part of a segment later is better than another frame: nothing before it has to be decoded. */
const LATE_SHARE = 0.5;
const MAX_LATE_SEC = 2;
/** A frame that stands longer is shown again at a boundary: a segment of minutes could not be sought in. */
const MAX_STILL_SEC = 8;
const MAX_FRAME_RATE = 60;
/** A slide that stands for minutes is repeated on a grid. */
const MIN_FRAME_RATE = 1;
/** Fine enough that audio and video times differ by less than a tenth of a millisecond. */
const MIN_TIMESCALE = 10_000;

export function planTimeline(facts: Facts): Timeline {
  const { video, originTicks } = facts;
  const asIs = canRepackageVideo(facts);
  if (!asIs && !canFeedPackets(facts)) return cutOnGrid(facts, boundFrameRate(video.frameRate));
  const frameRate = rational(video.frameRate.num, video.frameRate.den * decimation(video.frameRate));
  return { cut: "source", timescale: video.timescale, frameRate, boundaries: (asIs ? cutAtKeyFrames : cutAtFrames)(video, originTicks) };
}

/** How long a segment shall be. */
function targetSec(segment: number, video: VideoFacts): number {
  if (segment < SHORT_SEGMENTS) return SHORT_SEC;
  return isNearlyStill(video) ? STILL_SEC : LONG_SEC;
}

/** For a source that is served as it is: where it can be entered, and nowhere else. */
function cutAtKeyFrames(video: VideoFacts, origin: number): number[] {
  const end = video.end - origin;
  const boundaries = [0];
  for (const key of video.keyFrames) {
    const time = key - origin;
    const last = boundaries.at(-1) ?? 0;
    const wanted = (targetSec(boundaries.length - 1, video) - EARLY_SEC) * video.timescale;
    if (isKept(time, video) && time - last >= wanted && end - time >= EARLY_SEC * video.timescale) boundaries.push(time);
  }
  return [...boundaries, end];
}

/** For a source that is encoded: at key frames where they stand well, else at other frames, and within a long still. */
function cutAtFrames(video: VideoFacts, origin: number): number[] {
  const ticks = (sec: number): number => sec * video.timescale;
  const end = video.end - origin;
  const isCut = (time: number): boolean => time > 0 && end - time >= ticks(EARLY_SEC) && isKept(time, video);
  const keys = video.keyFrames.map((time) => time - origin).filter(isCut);
  const others = video.splitFrames.map((time) => time - origin).filter(isCut);
  const boundaries = [0];
  for (let [key, other] = [0, 0]; ;) {
    const last = boundaries.at(-1) ?? 0;
    const target = targetSec(boundaries.length - 1, video);
    const wanted = last + ticks(target);
    while ((keys[key] ?? Infinity) < wanted - ticks(EARLY_SEC)) key++;
    while ((others[other] ?? Infinity) < wanted - ticks(EARLY_SEC)) other++;
    const [nextKey, nextOther] = [keys[key] ?? Infinity, others[other] ?? Infinity];
    const next = nextKey <= wanted + ticks(Math.min(target * LATE_SHARE, MAX_LATE_SEC)) ? nextKey : Math.min(nextKey, nextOther);
    const still = Math.min(next, end) - last > ticks(MAX_STILL_SEC + target - LONG_SEC);
    if (!still && next === Infinity) return [...boundaries, end];
    boundaries.push(still ? Math.round(wanted) : next);
  }
}

/** Where no frame of the source begins at the boundary: the one that stands there, in ticks of the timeline. */
export function findHeldFrame(facts: Facts, boundary: number): number | undefined {
  const { video, originTicks } = facts;
  const last = Math.max(lastUpTo(video.keyFrames, boundary + originTicks), lastUpTo(video.splitFrames, boundary + originTicks)) - originTicks;
  return last === boundary || last === -Infinity ? undefined : Math.max(0, last);
}

function lastUpTo(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return times[low - 1] ?? -Infinity;
}

/** A grid of frames at a constant rate: a still screen fills its segments too, and no segment is empty. */
function cutOnGrid(facts: Facts, frameRate: Rational): Timeline {
  const { video, originTicks } = facts;
  const timescale = gridTimescale(frameRate);
  const frameTicks = (timescale / frameRate.num) * frameRate.den; // in this order no product is too large to be exact
  const durationTicks = rescaleCeil(video.end - originTicks, video.timescale, timescale);
  const frames = Math.max(1, Math.round(durationTicks / frameTicks));
  const boundaries = [0];
  while ((boundaries.at(-1) ?? 0) < frames) {
    const last = boundaries.at(-1) ?? 0;
    const length = Math.max(1, Math.round((targetSec(boundaries.length - 1, video) * frameRate.num) / frameRate.den));
    const next = last + length;
    boundaries.push(frames - next < length / 4 ? frames : next);
  }
  return { cut: "grid", timescale, frameRate, boundaries: boundaries.map((frame) => frame * frameTicks) };
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
