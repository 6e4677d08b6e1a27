/** Writes elements of EBML, of which Matroska is made. */

/** An element whose size takes `width` bytes; a number is a body of one byte. */
export function ebml(id: number, body: Uint8Array | string | number, width = 4): Buffer {
  const bytes = typeof body === "number" ? Buffer.from([body]) : Buffer.from(body as string);
  const name = Buffer.alloc(4);
  name.writeUInt32BE(id);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(bytes.length) | (1n << BigInt(7 * width)));
  return Buffer.concat([name.subarray(name.findIndex((byte) => byte !== 0)), size.subarray(8 - width), bytes]);
}
