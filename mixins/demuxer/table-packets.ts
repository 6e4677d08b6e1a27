/** Packets of a span by a sample table: where they are. */
import { isKeySample, type SampleTable } from "../../media/mp4/sample-tables.ts";
import type { Range } from "../../media/mp4/movie.ts";
import type { PacketPlace, Track } from "./demuxer.contract.ts";
import { endsSpan, MAX_SPAN_BYTES, MAX_SPAN_PACKETS } from "./span.ts";

export interface Span { track: Track; from: number; to: number }

/**
 * Of [from, to) in a source of `sourceSize` bytes: for video from the key frame at or before `from`; for audio those that start in it. In decode order.
 * Undefined where the table does not say yet where all of them are.
 */
export function placePackets(table: SampleTable, span: Span, sourceSize: number): PacketPlace[] | undefined {
  const samples = selectSamples(table, span);
  if ((samples.at(-1) ?? 0) >= table.loaded) return undefined;
  if (samples.reduce((sum, i) => sum + (table.sizes[i] ?? 0), 0) > Math.min(MAX_SPAN_BYTES, sourceSize)) throw new Error("the span has too many bytes");
  return samples.map((i) => ({ pts: table.pts[i] ?? 0, duration: table.durations[i] ?? 0, isKey: isKeySample(table, i), offset: table.offsets[i] ?? 0, size: table.sizes[i] ?? 0 }));
}

const MAX_BEGINNING_BYTES = 1024 * 1024;

/** Where the first group of pictures is, with its sound; of a very long one its beginning. */
export function beginningOf(video: SampleTable, audio: SampleTable | undefined): Range {
  const untilSec = (video.pts[video.keys[1] ?? video.count] ?? Infinity) / video.timescale;
  let [start, end] = [Infinity, 0];
  for (const { pts, timescale, offsets, sizes, loaded } of audio === undefined ? [video] : [video, audio]) {
    for (let i = 0; i < loaded && (pts[i] ?? 0) < untilSec * timescale; i++) {
      const offset = offsets[i] ?? 0;
      if (end > 0 && Math.abs(offset - start) > MAX_BEGINNING_BYTES) break;
      [start, end] = [Math.min(start, offset), Math.max(end, offset + (sizes[i] ?? 0))];
    }
  }
  return { start, end: Math.min(end, start + MAX_BEGINNING_BYTES) };
}

function selectSamples(table: SampleTable, { track, from, to }: Span): number[] {
  const { count, pts } = table;
  const samples: number[] = [];
  if (track === "audio") {
    for (let i = lowerBound(pts, from); i < count && (pts[i] ?? 0) < to; i++) samples.push(i);
    return bounded(samples);
  }
  let wanted = 0;
  for (let i = firstKey(table, from); i < count; i++) {
    const time = pts[i] ?? 0;
    if (time >= to && endsSpan(samples.length - wanted)) break;
    bounded(samples).push(i);
    if (time < to) wanted = samples.length;
  }
  return samples.slice(0, wanted); // without the frames at the end that are only shown later
}

function bounded(samples: number[]): number[] {
  if (samples.length > MAX_SPAN_PACKETS) throw new Error("the span has too many packets");
  return samples;
}

/** The last key frame that is shown at or before `from`; else the first sample. */
function firstKey({ keys, pts }: SampleTable, from: number): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pts[keys[middle] ?? 0] ?? 0) <= from) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : keys[low - 1] ?? 0;
}

/** The first of ascending times that is not before `from`. */
function lowerBound(pts: Float64Array, from: number): number {
  let [low, high] = [0, pts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pts[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
