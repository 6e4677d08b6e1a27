/**
 * From presentation times to the decode times that a fragment needs. They are made from presentation times alone, so
 * they don't depend on who wrote the source or how it was encoded: the i-th frame to be decoded gets the i-th smallest
 * presentation time of its segment. So a segment's decode times begin at its first presentation time and end where the
 * next segment's begin.
 *
 * A frame that is shown out of order would then be shown before it is decoded. Negative composition offsets (brand
 * cmf2) allow that, but FFmpeg, and what is built on it, shows such a track late by the largest of them. So
 * every composition offset is raised by a constant, the reorder delay, and the init segment's edit list takes it back
 * (brand cmfc): presentation time = decode time + composition offset − delay, in every player.
 *
 *   reorderDelay(frameRate, timescale) → ticks       the same for a rendition's init segment and all its segments
 *   toSamples(packets in decode order, segmentEnd, reorderTicks) → { baseDecodeTime, samples, data }   for writeFragment
 *   settledTimes(presentation times so far, bound, reorderTicks) → the decode times that what is still to come leaves alone
 *   toAudioSamples(packets) → the same; the last packet must have its duration
 */
import { fail } from "../../config/errors.ts";
import { rescaleCeil, type Rational } from "../rational.ts";
import type { Sample } from "./fragment.ts";

/** Times in ticks of the track, on the timeline. */
export interface Packet {
  readonly pts: number;
  readonly duration?: number;
  readonly isKey: boolean;
  readonly data: Uint8Array;
}

export interface Samples { baseDecodeTime: number; samples: Sample[]; data: Uint8Array[] }

/** What encoders in use need: a pyramid of B-frames reorders by two. Deeper ones are decoded in a hurry, see `decodeTimes`. */
const REORDER_FRAMES = 2;

export function reorderDelay(frameRate: Rational, timescale: number): number {
  return rescaleCeil(REORDER_FRAMES * frameRate.den, frameRate.num, timescale);
}

/**
 * A video's packets in decode order, of a segment that ends at `segmentEnd`.
 * `not_media` when two have the same time (message `duplicate timestamp`) or one lies behind the end.
 */
export function toSamples(packets: readonly Packet[], segmentEnd: number, reorderTicks: number): Samples {
  const { baseDecodeTime, timings } = timeSamples(packets.map((packet) => packet.pts), segmentEnd, reorderTicks);
  const samples = packets.map(({ data, isKey }, index) => ({ size: data.length, isKey, ...timingAt(timings, index) }));
  return { baseDecodeTime, samples, data: packets.map((packet) => packet.data) };
}

/** Audio packets in order. Each lasts until the next, so a gap in the source stays where it is; the last lasts its own duration. */
export function toAudioSamples(packets: readonly Packet[]): Samples {
  const last = packets.at(-1);
  if (!last) throw fail("not_media", "a segment has no packets");
  const disordered = packets.find((packet, index) => packet.pts < (packets[index - 1]?.pts ?? packet.pts));
  if (disordered) throw fail("not_media", "audio packets are out of order", { pts: disordered.pts });
  if (last.duration === undefined) throw fail("not_media", "the last audio packet has no duration", { pts: last.pts });
  return toSamples(packets, last.pts + last.duration, 0);
}

export interface Timing { duration: number; compositionOffset: number }

/** For presentation times in decode order: the first decode time, and each sample's timing. Durations add up to `end` exactly. */
export function timeSamples(presentationTimes: readonly number[], end: number, reorderTicks: number): { baseDecodeTime: number; timings: Timing[] } {
  const sorted = Float64Array.from(presentationTimes).sort();
  const [first] = sorted;
  if (first === undefined) throw fail("not_media", "a segment has no packets");
  sorted.forEach((time, index) => {
    const next = sorted[index + 1] ?? end;
    if (!Number.isSafeInteger(time)) throw fail("not_media", "a timestamp is not a whole number of ticks", { pts: time });
    if (index + 1 < sorted.length && time === next) throw fail("not_media", "duplicate timestamp", { pts: time });
    if (time >= next) throw fail("not_media", "a frame lies behind the segment's end", { pts: time, end });
  });
  const decoded = decodeTimes(presentationTimes, sorted, reorderTicks);
  const timings = presentationTimes.map((time, index) => {
    const decodeTime = decoded[index] ?? first;
    return { duration: (decoded[index + 1] ?? end) - decodeTime, compositionOffset: time - decodeTime + reorderTicks };
  });
  return { baseDecodeTime: first, timings };
}

/**
 * The sorted presentation times, but where the reorder delay does not reach (a deeper pyramid, a variable frame rate)
 * as much earlier as it takes to keep composition offsets from being negative. Always ascending, from the first time.
 */
function decodeTimes(presentationTimes: readonly number[], sorted: Float64Array, reorderTicks: number): Float64Array {
  const decoded = Float64Array.from(sorted);
  for (let index = decoded.length - 1, next = Infinity; index >= 0; index--) {
    next = Math.min(sorted[index] ?? 0, (presentationTimes[index] ?? 0) + reorderTicks, next - 1);
    decoded[index] = next;
  }
  // With fewer ticks than frames to put there, a negative composition offset is the lesser evil.
  const first = sorted[0] ?? 0;
  for (let index = 0; index < decoded.length && (decoded[index] ?? first) < first + index; index++) decoded[index] = first + index;
  return decoded;
}

/**
 * The first decode times of a segment of which more frames may come, as far as they are those that `timeSamples` will
 * give for all of it. Frames to come are shown at `bound` or later, each at least one tick after the other.
 */
export function settledTimes(presentationTimes: readonly number[], bound: number, reorderTicks: number): number[] {
  const sorted = Float64Array.from(presentationTimes).sort();
  const decoded = decodeTimes(presentationTimes, sorted, reorderTicks);
  // Neither does a frame to come take a place among the sorted times, nor has it to be decoded this early.
  const isSettled = (time: number, index: number): boolean => time < bound && (decoded[index] ?? 0) <= bound + reorderTicks - (decoded.length - index);
  const unsettled = sorted.findIndex((time, index) => !isSettled(time, index));
  return [...(unsettled < 0 ? decoded : decoded.subarray(0, unsettled))];
}

export function timingAt(timings: readonly Timing[], index: number): Timing {
  const timing = timings[index];
  if (!timing) throw new RangeError(`no timing for sample ${index}`);
  return timing;
}
