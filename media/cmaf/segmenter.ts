/**
 * One track of an encoder's output, cut into segments: each key frame begins the next one, and the plan says where that
 * stands. Everything here throws `encode_failed`.
 *
 *   createSegmenter({ boundaries, first, last, reorderTicks, trackId }).push(frames) → chunks and ends in order;  .end()
 */
import { fail } from "../../config/errors.ts";
import { createRetimer, MAX_CHUNKS, type EncodedFrame, type Retimer } from "./retimer.ts";

export interface SegmenterParams {
  /** Segment n is [boundaries[n], boundaries[n + 1]) in ticks of the track. */
  boundaries: readonly number[];
  /** What the run makes, inclusive. */
  first: number;
  last: number;
  reorderTicks: number;
  trackId: number;
}

/** `chunk`: the segment's next bytes; `end`: that was all of it. */
export type SegmentEvent = { kind: "chunk"; segment: number; bytes: Buffer } | { kind: "end"; segment: number };

export interface Segmenter {
  push(frames: readonly EncodedFrame[]): SegmentEvent[];
  /** The run is over. Throws when it made less than it should. */
  end(): SegmentEvent[];
}

export function createSegmenter({ boundaries, first, last, reorderTicks, trackId }: SegmenterParams): Segmenter {
  let segment = first - 1;
  let retimer: Retimer | undefined;

  function finish(): SegmentEvent[] {
    return retimer === undefined ? [] : [{ kind: "chunk", segment, bytes: retimer.end() }, { kind: "end", segment }];
  }

  function begin(): void {
    if (++segment > last) throw fail("encode_failed", "FFmpeg made more segments than it should.");
    const [start, end] = [boundaries[segment] ?? 0, boundaries[segment + 1] ?? 0];
    retimer = createRetimer({ start, end, reorderTicks, sequence: segment * MAX_CHUNKS + 1, trackId });
  }

  function take(frames: readonly EncodedFrame[]): SegmentEvent[] {
    if (retimer === undefined) throw fail("encode_failed", "FFmpeg's output does not begin with a key frame.");
    const bytes = frames.length === 0 ? undefined : retimer.push(frames);
    return bytes === undefined ? [] : [{ kind: "chunk", segment, bytes }];
  }

  return {
    push(frames) {
      const events: SegmentEvent[] = [];
      let from = 0;
      frames.forEach(({ isKey }, index) => {
        if (!isKey) return;
        if (index > from) events.push(...take(frames.slice(from, index)));
        events.push(...finish());
        begin();
        from = index;
      });
      return [...events, ...take(frames.slice(from))];
    },
    end() {
      const events = finish();
      retimer = undefined;
      if (segment !== last) throw fail("encode_failed", `FFmpeg made ${segment - first + 1} of ${last - first + 1} segments.`);
      return events;
    },
  };
}
