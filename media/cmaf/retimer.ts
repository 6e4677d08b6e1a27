/**
 * Segments of an encode as they are made. An encoder's timestamps depend on its run; a segment's frames are moved so that
 * the earliest is shown where the plan wants it, the distances between them kept and the decode times made anew (see
 * `samples`). They leave in CMAF chunks (ISO/IEC 23000-19 7.3.2.3), each as soon as no frame still to come can change
 * its times, so that all chunks together say what one fragment of the whole segment would. Everything here throws
 * `encode_failed`.
 *
 *   createRetimer({ start, end, reorderTicks, sequence, trackId }).push(frames) → a chunk or none;  .end() → the last one
 *   framesOf(fragment) → its frames, with the encoder's times
 */
import { errorMessage, fail } from "../../config/errors.ts";
import { malformed } from "./boxes.ts";
import { writeFragment, type ReadFragment } from "./fragment.ts";
import { settledTimes, timeSamples, timingAt, type Timing } from "./samples.ts";

/** A frame as the encoder gives it, in decode order; ticks of the track. */
export interface EncodedFrame {
  /** Ascending. No frame is shown before it is decoded, so this bounds what may still come. */
  readonly decodeTime: number;
  readonly presentationTime: number;
  readonly isKey: boolean;
  readonly data: Buffer;
}

export interface RetimerParams {
  /** Where the first frame is shown and the last one ends: ticks of the track, which must be those of the frames. */
  start: number;
  end: number;
  /** As in the init segment: `reorderDelay`. */
  reorderTicks: number;
  /** Of the first chunk (mfhd); the following count on. */
  sequence: number;
  trackId: number;
}

export interface Retimer {
  /** Takes the segment's next frames. What can be written of it by now, if anything. */
  push(frames: readonly EncodedFrame[]): Buffer | undefined;
  /** There are no more: the rest of it. */
  end(): Buffer;
}

/** No segment has more; its chunks' sequence numbers do not meet those of the next one. */
export const MAX_CHUNKS = 1_000;

export function framesOf({ baseDecodeTime, samples, data }: ReadFragment): EncodedFrame[] {
  let decodeTime = baseDecodeTime;
  return samples.map(({ duration, compositionOffset, isKey }, index) => {
    const frame = { decodeTime, presentationTime: decodeTime + compositionOffset, isKey, data: data[index] ?? Buffer.alloc(0) };
    decodeTime += duration;
    return frame;
  });
}

export function createRetimer({ start, end, reorderTicks, sequence, trackId }: RetimerParams): Retimer {
  /** Presentation times of all frames so far, by the encoder's clock. */
  const times: number[] = [];
  /** Those that are not written yet. */
  let waiting: EncodedFrame[] = [];
  let lastDecodeTime = -Infinity;
  /** Decode times that have been relied upon. */
  let settled: readonly number[] = [];
  let chunks = 0;

  /** From the encoder's times to the plan's: the earliest frame is shown at `start`. */
  const shift = (): number => start - times.reduce((least, time) => Math.min(least, time), Infinity);

  function write(baseDecodeTime: number, timings: readonly Timing[]): Buffer {
    if (chunks >= MAX_CHUNKS) throw malformed("a segment has too many chunks");
    const frames = waiting.slice(0, timings.length);
    waiting = waiting.slice(timings.length);
    const samples = frames.map(({ data, isKey }, index) => ({ size: data.length, isKey, ...timingAt(timings, index) }));
    return writeFragment({ sequence: sequence + chunks++, trackId, baseDecodeTime, samples, data: frames.map((frame) => frame.data) });
  }

  return {
    push(frames) {
      for (const frame of frames) {
        if (frame.decodeTime <= lastDecodeTime) throw malformed("the encoder's decode times do not ascend");
        if (times.length === 0 && !frame.isKey) throw malformed("a segment does not begin with a key frame");
        lastDecodeTime = frame.decodeTime;
        times.push(frame.presentationTime);
        waiting.push(frame);
      }
      const done = times.length - waiting.length;
      const moved = shift();
      const known = settledTimes(times.map((time) => time + moved), lastDecodeTime + 1 + moved, reorderTicks);
      if (settled.some((time, index) => known[index] !== time)) throw malformed("the encoder shows a frame before it decodes it");
      const next = known.slice(done + 1); // a frame lasts until the next one's decode time
      if (next.length === 0) return undefined;
      settled = known;
      let decodeTime = known[done] ?? 0;
      return write(decodeTime, next.map((until, index) => {
        const timing = { duration: until - decodeTime, compositionOffset: (waiting[index]?.presentationTime ?? 0) + moved - decodeTime + reorderTicks };
        decodeTime = until;
        return timing;
      }));
    },
    end() {
      const done = times.length - waiting.length;
      const moved = shift();
      const { baseDecodeTime, timings } = timeEncoded(times.map((time) => time + moved), end, reorderTicks);
      let [decodeTime, restStart] = [baseDecodeTime, baseDecodeTime];
      timings.forEach(({ duration }, index) => {
        if (index < settled.length && settled[index] !== decodeTime) throw malformed("the encoder shows a frame before it decodes it");
        decodeTime += duration;
        if (index < done) restStart = decodeTime;
      });
      return write(restStart, timings.slice(done));
    },
  };
}

/** Frames out of place are the source's fault when packets are copied, but here the encoder's. */
function timeEncoded(...args: Parameters<typeof timeSamples>): ReturnType<typeof timeSamples> {
  try {
    return timeSamples(...args);
  } catch (error) {
    throw fail("encode_failed", errorMessage(error));
  }
}
