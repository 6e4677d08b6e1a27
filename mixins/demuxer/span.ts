/** Where a span of packets ends, and how long it may be: the same for both ways of reading one. */

/** Ten minutes at 30 frames a second: no run of segments is longer. */
export const MAX_SPAN_PACKETS = 20_000;
/** Half a minute at 140 Mbit/s. Of its source's size a span has no more either, unless packets are said to lie in each other. */
export const MAX_SPAN_BYTES = 512 * 1024 * 1024;
/** No decoder in use holds back more frames than this to put them into order (H.264 A.3.1: 16 frames of DPB). */
const MAX_REORDER_FRAMES = 16;

/**
 * Whether no frame after the last of `lateFrames` in a row that are shown too late can be shown in time: more of them than
 * a decoder may hold back. A key frame alone says nothing: frames behind it may be shown before it (open GOP).
 */
export function endsSpan(lateFrames: number): boolean {
  return lateFrames > MAX_REORDER_FRAMES;
}
