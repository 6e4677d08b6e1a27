/**
 * ISO base media file format boxes (ISO/IEC 14496-12 4.2): writing them, and reading them from bytes that may be
 * anything. Every read is bounded; what is out of bounds is `encode_failed`, for the boxes read here come from encoders.
 *
 *   readBoxes(bytes) → Box[]          findBox / getBox(boxes, type)      new BoxReader(body).u32() …
 *   box(type, ...parts) → Buffer      fullBox(type, version, flags, ...parts)      u8 u16 u32 i32 u64(...values)
 */
import { fail } from "../../config/errors.ts";
import { asBuffer } from "../as-buffer.ts";

export interface Box {
  /** Four characters, as Latin-1. */
  readonly type: string;
  /** Offset of the header in the bytes given to `readBoxes`, and of the first byte behind the box. */
  readonly start: number;
  readonly end: number;
  /** What follows the header: a view, not a copy. */
  readonly body: Buffer;
}

/** Makes (does not throw) the error for bytes that are not what they should be. */
export function malformed(message: string, data?: Record<string, unknown>): Error {
  return fail("encode_failed", `malformed CMAF: ${message}`, data);
}

/** Size of the box whose first bytes are `head`, and of its header; undefined while the header is incomplete. Size 0: to the end. */
export function parseBoxHeader(head: Buffer): { type: string; size: number; headerSize: number } | undefined {
  if (head.length < 8) return undefined;
  const type = head.toString("latin1", 4, 8);
  const short = head.readUInt32BE(0);
  if (short === 0) return { type, size: 0, headerSize: 8 };
  if (short !== 1) {
    if (short < 8) throw malformed("a box is smaller than its header", { size: short });
    return { type, size: short, headerSize: 8 };
  }
  if (head.length < 16) return undefined;
  const size = Number(head.readBigUInt64BE(8));
  if (!Number.isSafeInteger(size) || size < 16) throw malformed("a box has an impossible size");
  return { type, size, headerSize: 16 };
}

/** The boxes that fill `bytes` exactly; not their children. */
export function readBoxes(bytes: Uint8Array): Box[] {
  const buffer = asBuffer(bytes);
  const boxes: Box[] = [];
  for (let start = 0; start < buffer.length; ) {
    const header = parseBoxHeader(buffer.subarray(start, start + 16));
    if (!header) throw malformed("a box header is cut off");
    const end = header.size === 0 ? buffer.length : start + header.size;
    if (end > buffer.length) throw malformed("a box is longer than what holds it", { size: header.size });
    boxes.push({ type: header.type, start, end, body: buffer.subarray(start + header.headerSize, end) });
    start = end;
  }
  return boxes;
}

export function findBox(boxes: readonly Box[], type: string): Box | undefined {
  return boxes.find((candidate) => candidate.type === type);
}

/** The only box of this type. */
export function getBox(boxes: readonly Box[], type: string): Box {
  const found = boxes.filter((candidate) => candidate.type === type);
  const [only] = found;
  if (!only || found.length > 1) throw malformed(`expected one ${JSON.stringify(type)} box, found ${found.length}`);
  return only;
}

/** Reads big-endian numbers one after another. */
export class BoxReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Uint8Array) { this.#bytes = asBuffer(bytes); }

  get remaining(): number { return this.#bytes.length - this.#position; }

  u8(): number { return this.#bytes.readUInt8(this.#take(1)); }
  u16(): number { return this.#bytes.readUInt16BE(this.#take(2)); }
  u32(): number { return this.#bytes.readUInt32BE(this.#take(4)); }
  i32(): number { return this.#bytes.readInt32BE(this.#take(4)); }

  /** Only as far as a number is exact. */
  i64(): number {
    const value = Number(this.#bytes.readBigInt64BE(this.#take(8)));
    if (!Number.isSafeInteger(value)) throw malformed("a 64-bit number is too large");
    return value;
  }

  /** Version and flags, with which a full box begins. */
  fullBoxHeader(): { version: number; flags: number } {
    const word = this.u32();
    return { version: word >>> 24, flags: word & 0xffffff };
  }

  skip(count: number): void { this.#take(count); }

  bytes(count: number): Buffer {
    const from = this.#take(count);
    return this.#bytes.subarray(from, from + count);
  }

  #take(count: number): number {
    if (count > this.remaining) throw malformed("a box ends too early");
    const from = this.#position;
    this.#position += count;
    return from;
  }
}

export function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([boxHeader(type, parts.reduce((sum, part) => sum + part.length, 0)), ...parts]);
}

/** @param bytes of the body that follows */
export function boxHeader(type: string, bytes: number): Buffer {
  // A large mdat needs the 64-bit form; a segment never is that large.
  if (bytes + 8 > 0xffffffff) throw malformed("a box is too large to write");
  return Buffer.concat([u32(bytes + 8), Buffer.from(type, "latin1")]);
}

export function fullBox(type: string, version: number, flags: number, ...parts: readonly Uint8Array[]): Buffer {
  return box(type, u32(version * 0x1000000 + flags), ...parts);
}

export function u8(...values: readonly number[]): Buffer { return Buffer.from(values); }

export function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(inRange(value, 0, 0xffff), index * 2));
  return bytes;
}

export function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(inRange(value, 0, 0xffffffff), index * 4));
  return bytes;
}

export function i32(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, index) => bytes.writeInt32BE(inRange(value, -0x80000000, 0x7fffffff), index * 4));
  return bytes;
}

export function u64(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 8);
  values.forEach((value, index) => bytes.writeBigUInt64BE(BigInt(inRange(value, 0, Number.MAX_SAFE_INTEGER)), index * 8));
  return bytes;
}

function inRange(value: number, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) throw malformed("a number does not fit its field", { value });
  return value;
}
