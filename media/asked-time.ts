/** What a request for a still or a clip means for a certain video: ticks instead of words, within the video's bounds. Pure. */
import { fail } from "../config/errors.ts";
import type { Facts } from "./facts.ts";
import { formatSeconds } from "./rational.ts";
import { ceilTicks, floorTicks, parseSeconds, type Seconds } from "./seconds.ts";

export interface StillSize { width: number; height: number }
/** WebP has no larger sides. */
const MAX_SIDE = 16_383;

/** Ticks of the video track, on the timeline. @throws bad_request when there is no frame at `t` */
export function resolveTime(facts: Facts, t: string): number {
  const { timescale } = facts.video;
  const at = floorTicks(getSeconds("t", t), timescale);
  const duration = durationTicks(facts);
  if (at >= duration) throw fail("bad_request", `t is not before the video's end at ${formatSeconds(duration, timescale)} s.`);
  return at;
}

/** Frames with start ≤ time < end. @throws bad_request when there are none, or too many seconds of them */
export function resolveSpan(facts: Facts, start: string, end: string, maxSec: number): { start: number; end: number } {
  const { timescale } = facts.video;
  const [from, to] = [ceilTicks(getSeconds("start", start), timescale), ceilTicks(getSeconds("end", end), timescale)];
  const duration = durationTicks(facts);
  if (from >= to) throw fail("bad_request", "end must be after start.");
  if (from >= duration) throw fail("bad_request", `start is not before the video's end at ${formatSeconds(duration, timescale)} s.`);
  const until = Math.min(to, duration);
  if (until - from > maxSec * timescale) throw fail("bad_request", `A clip is at most ${maxSec} s long.`);
  return { start: from, end: until };
}

/** As shown, in square pixels; never larger than the video, and its shape. */
export function sizeStill({ video }: Facts, width: number | undefined): StillSize {
  const { displayWidth, displayHeight } = video;
  const most = Math.min(displayWidth, MAX_SIDE, Math.floor((MAX_SIDE * displayWidth) / Math.max(1, displayHeight)));
  const shown = Math.max(1, Math.min(width ?? most, most));
  return { width: shown, height: Math.max(1, Math.round((shown * displayHeight) / Math.max(1, displayWidth))) };
}

function durationTicks({ video, originTicks }: Facts): number {
  return video.end - originTicks;
}

function getSeconds(name: string, text: string): Seconds {
  const seconds = parseSeconds(text);
  if (seconds === undefined) throw fail("bad_request", `${name} must be seconds as a decimal, like 12.48.`);
  return seconds;
}
