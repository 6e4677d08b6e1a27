import { createHash } from "node:crypto";

/** Bytes that a key alone determines, so that half of them, or another's, can be told. */
export function stormBytes(key: string): Buffer {
  const block = createHash("sha512").update(key).digest();
  return Buffer.alloc(200_000 + block.readUInt16BE(0), block);
}
