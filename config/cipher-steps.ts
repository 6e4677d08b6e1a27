/**
 * Bytes through a cipher a step at a time. `update` asks twice for memory as long as what it is given; from 64 KiB on the
 * system maps that anew for each call, page by page, which takes several times as long as the cipher does. For steps as short
 * as these there is memory at hand.
 */
import type { Cipheriv, Decipheriv } from "node:crypto";

const STEP_BYTES = 32 * 1024;

export function* cipherSteps(cipher: Cipheriv | Decipheriv, bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.byteLength; at += STEP_BYTES) yield cipher.update(bytes.subarray(at, at + STEP_BYTES));
}
