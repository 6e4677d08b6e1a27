/**
 * The key frame of a segment as a fragment of its own, that lasts as long as the segment: what I-frame playlists
 * (RFC 8216bis 4.4.3.6) and trick modes are made of. It goes with the rendition's init segment.
 *
 *   writeKeyFragment({ segment, start, end, reorderTicks, data }) → Buffer
 *   cutKeyFragment(bytes of the segment, { segment, start, end, reorderTicks }) → Buffer
 */
import { malformed } from "./boxes.ts";
import { readFragments, writeFragment } from "./fragment.ts";

/** Segment `segment` is [start, end) in ticks of the track; `reorderTicks` is what the init segment's edit list takes back. */
export interface KeySpan { segment: number; start: number; end: number; reorderTicks: number }

export function writeKeyFragment({ segment, start, end, reorderTicks }: KeySpan, data: Uint8Array): Buffer {
  const sample = { size: data.length, duration: end - start, compositionOffset: reorderTicks, isKey: true };
  return writeFragment({ sequence: segment + 1, trackId: 1, baseDecodeTime: start, samples: [sample], data: [data] });
}

export function cutKeyFragment(bytes: Uint8Array, span: KeySpan): Buffer {
  const [opening] = readFragments(bytes); // a segment that was sent as it was made has several
  const [first, frame] = [opening?.samples[0], opening?.data[0]];
  if (first?.isKey !== true || frame === undefined) throw malformed("a segment does not begin with a key frame");
  return writeKeyFragment(span, frame);
}
