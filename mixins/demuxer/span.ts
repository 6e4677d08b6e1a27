/** Where a span of packets ends, and how long it may be: the same for both ways of reading one. */

/** Ten minutes at 30 frames a second: no run of segments is longer. */
export const MAX_SPAN_PACKETS = 20_000;
/** No decoder in use holds back more frames than this to put them into order (H.264 A.3.1: 16 frames of DPB). */
const MAX_REORDER_FRAMES = 16;

/**
 * Whether no frame after this one, which is shown too late, can be shown in time: at a key frame (open GOPs are not read
 * like this), or when more frames in a row are too late than a decoder may hold back.
 */
export function endsSpan(isKey: boolean, lateFrames: number): boolean {
  return isKey || lateFrames >= MAX_REORDER_FRAMES;
}
