/** The index of an MP4, of which parts may not have been read (ISO/IEC 14496-12 8.2). Pure. */

/** Bytes [start, end). */
export interface Range { start: number; end: number }

/**
 * The body of a moov box. In its `holes`, ascending, it has not been read and all bits are set: in a table of samples
 * that is a place which no file has.
 */
export interface Movie { bytes: Uint8Array; holes: readonly Range[] }

/** From the first byte of `part`, a view of the movie's bytes, that is in a hole to the last one, counted from its start. */
export function holeIn({ bytes, holes }: Movie, part: Uint8Array): Range | undefined {
  const start = part.byteOffset - bytes.byteOffset;
  const within = holes.filter((hole) => hole.start < start + part.byteLength && hole.end > start);
  const [first, last] = [within[0], within.at(-1)];
  return first === undefined || last === undefined ? undefined : { start: Math.max(0, first.start - start), end: Math.min(part.byteLength, last.end - start) };
}
