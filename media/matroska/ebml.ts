/** Elements of EBML (RFC 8794), of which Matroska and WebM are made. Pure; what is incomplete or broken ends the walk. */

export interface EbmlElement {
  id: number;
  /** As far as it is there. */
  body: Buffer;
  /** Position of the body in the bytes that were read, and of the end it claims; infinite when it says no size (RFC 8794 6.2). */
  start: number;
  end: number;
}

/** The elements in a row in `bytes`, up to one whose header is not whole. */
export function* readElements(bytes: Buffer): Generator<EbmlElement> {
  for (let at = 0; at < bytes.length;) {
    const id = readVint(bytes, at, 4);
    const size = id === undefined ? undefined : readVint(bytes, at + id.length, 8);
    if (id === undefined || size === undefined) return;
    const start = at + id.length + size.length;
    const unknown = size.value === 2 ** (7 * size.length) - 1;
    const end = unknown ? Infinity : start + size.value;
    if (!unknown && !Number.isSafeInteger(end)) return;
    yield { id: id.value + 2 ** (7 * id.length), body: bytes.subarray(start, Math.min(end, bytes.length)), start, end };
    if (end > bytes.length) return;
    at = end;
  }
}

/** Without the marker bit. Exact up to 2^53; a larger one is no size that a file has. */
function readVint(bytes: Buffer, at: number, most: number): { value: number; length: number } | undefined {
  const first = bytes[at] ?? 0;
  const length = Math.clz32(first) - 23;
  if (length > most || at + length > bytes.length) return undefined;
  let value = first & (0xff >> length);
  for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return { value, length };
}

export function readUint(body: Buffer): number {
  return body.subarray(0, 8).reduce((value, byte) => value * 256 + byte, 0);
}

/** Up to the first NUL, as RFC 8794 7.4 pads it. */
export function readText(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString("utf8", 0, end < 0 ? body.length : end);
}
