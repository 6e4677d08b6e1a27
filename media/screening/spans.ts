/**
 * Which parts of a video a screening decodes: from a key frame to a second after each of a few moments spread over it, and
 * a little of where most bytes are, for there most changes. Pure.
 */
import type { VideoFacts } from "../facts.ts";

/** Ticks of the track: [from, to) from a key frame on. `moments`: times whose frames are kept, ascending. */
export interface ScreeningSpan { from: number; to: number; moments: number[] }

/** The same moments of a video that is encoded again, whatever its key frames. */
const MOMENTS = 12;
const AFTER_SEC = 1;
/** A moment further behind its key frame is taken this far behind it. */
const REACH_SEC = 10;
const BUSY_SPANS = 4;
const BUSY_SEC = 2;

/** In order, none overlapping another. */
export function chooseSpans(video: VideoFacts): ScreeningSpan[] {
  const { start, end, timescale, keyFrames } = video;
  const keyBefore = (time: number): number => keyFrames.findLast((key) => key <= time) ?? start;
  const moments = Array.from({ length: MOMENTS }, (_, i) => Math.floor(start + ((end - start) * (i + 0.5)) / MOMENTS)).map((wanted): ScreeningSpan => {
    const from = keyBefore(wanted);
    const moment = Math.min(wanted, from + REACH_SEC * timescale);
    return { from, to: Math.min(end, moment + AFTER_SEC * timescale), moments: [moment] };
  });
  return merge([...moments, ...chooseBusy(video)], keyBefore);
}

/** Groups of pictures with the most bytes a second. */
function chooseBusy({ keyFrames, gopBytes, end, timescale }: VideoFacts): ScreeningSpan[] {
  if (gopBytes === undefined) return [];
  const groups = keyFrames.map((from, i) => {
    const until = keyFrames[i + 1] ?? end;
    return { from, to: Math.min(until, from + BUSY_SEC * timescale), rate: (gopBytes[i] ?? 0) / Math.max(1, until - from) };
  });
  return groups.toSorted((a, b) => b.rate - a.rate).slice(0, BUSY_SPANS).map(({ from, to }) => ({ from, to, moments: [] }));
}

/** What overlaps is one span; what begins in the group of pictures in which another ends is decoded once. */
function merge(spans: readonly ScreeningSpan[], keyBefore: (time: number) => number): ScreeningSpan[] {
  const merged: ScreeningSpan[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && (span.from < last.to || span.from === keyBefore(last.to - 1))) {
      last.to = Math.max(last.to, span.to);
      last.moments = [...last.moments, ...span.moments].toSorted((a, b) => a - b);
    } else merged.push({ ...span, moments: [...span.moments] });
  }
  return merged;
}
