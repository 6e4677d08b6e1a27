import { asBuffer } from "./as-buffer.ts";

/**
 * The same bytes for one who keeps them long. What is small shares its memory with what was made before and after it (Node's pool
 * is 64 KiB), and holds on to all of that: then it is copied to memory of its own.
 */
export function ownBytes(bytes: Uint8Array): Buffer {
  if (bytes.buffer.byteLength <= 2 * bytes.byteLength) return asBuffer(bytes);
  const own = Buffer.allocUnsafeSlow(bytes.byteLength);
  own.set(bytes);
  return own;
}
