/**
 * Which bytes of a frame of H.264 are encrypted (ISO/IEC 23001-7 9.5.2.2 and 10.4): of each slice those behind its header.
 * Lengths, headers, parameter sets and SEI stay clear, so that a decoder finds its way without the key.
 */
import { nalUnits } from "../../h264.ts";
import type { ParameterSets } from "../../h264-slices.ts";
import { malformed } from "../boxes.ts";

/** Bytes: first `clear` ones as they are, then `secret` ones of which a pattern is encrypted. */
export interface Subsample { clear: number; secret: number }

/** `saiz` has a byte for what a frame's map takes: two, and six a subsample. */
const MAX_SUBSAMPLES = 42;
const MAX_CLEAR = 0xffff;
const BLOCK = 16;
/** Clear of a slice whose header cannot be read: more than any but a strange one has. */
const STRANGE_HEADER_BYTES = 64;

interface Span { at: number; length: number }

/** Subsamples that are the whole of `frame`, whose NAL units have lengths of `lengthSize` bytes. Parameter sets on the way are noted. */
export function mapSubsamples(frame: Uint8Array, lengthSize: number, sets: ParameterSets): Subsample[] {
  let spans: Span[] = [];
  for (const unit of nalUnits(frame, lengthSize)) {
    const type = (unit[0] ?? 0) & 0x1f;
    if (type !== 1 && type !== 5) {
      sets.note(unit);
      continue;
    }
    const clear = sets.sliceHeaderBytes(unit) ?? STRANGE_HEADER_BYTES;
    const length = unit.byteLength - clear;
    if (length >= BLOCK) spans.push({ at: unit.byteOffset - frame.byteOffset + clear, length });
  }
  for (;;) {
    const map = writeMap(spans, frame.byteLength);
    if (map.length <= MAX_SUBSAMPLES) return map;
    if (spans.length === 0) throw malformed("a frame has more that is no picture than a map of its parts can say");
    spans = withoutSmallest(spans, map.length - MAX_SUBSAMPLES);
  }
}

function writeMap(spans: readonly Span[], size: number): Subsample[] {
  const map: Subsample[] = [];
  let from = 0;
  for (const { at, length } of [...spans, { at: size, length: 0 }]) {
    let clear = at - from;
    if (clear === 0 && length === 0) break;
    for (; clear > MAX_CLEAR; clear -= MAX_CLEAR) map.push({ clear: MAX_CLEAR, secret: 0 });
    map.push({ clear, secret: length });
    from = at + length;
  }
  return map;
}

/** No encoder here makes so many slices; of a source that has them the large ones are what can be seen. */
function withoutSmallest(spans: readonly Span[], count: number): Span[] {
  const least = new Set(spans.toSorted((a, b) => a.length - b.length).slice(0, count));
  return spans.filter((span) => !least.has(span));
}
