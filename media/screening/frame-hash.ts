/**
 * A hash of what a frame shows, after PDQ (Facebook, 2019): the signs of the lowest 16 × 16 frequencies of a small grey
 * picture against their median. Scaled or encoded again, a frame keeps nearly all of its 256 bits; two different ones share
 * half of them. Crops and mirrors are other pictures. Pure.
 */
import type { Luma } from "../content/moment.ts";

/** The side of the picture that is hashed, in pixels. */
export const HASH_SIDE = 64;
const FREQUENCIES = 16;
export const HASH_BITS = FREQUENCIES * FREQUENCIES;

/** 32 bytes. `detail`, 0 to 100: how much there is to see; of nearly empty frames the hash is noise. */
export interface FrameHash { bits: Uint8Array; detail: number }

/** Rows of a type II DCT without the constant one. */
const DCT = Float64Array.from({ length: FREQUENCIES * HASH_SIDE }, (_, i) => (
  Math.sqrt(2 / HASH_SIDE) * Math.cos((Math.PI / 2 / HASH_SIDE) * (Math.floor(i / HASH_SIDE) + 1) * (2 * (i % HASH_SIDE) + 1))
));

/** @param luma 64 × 64 */
export function hashFrame(luma: Luma): FrameHash {
  const waves = transform(luma);
  const median = waves.toSorted()[HASH_BITS / 2] ?? 0;
  const bits = new Uint8Array(HASH_BITS / 8);
  waves.forEach((wave, at) => { if (wave > median) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7)); });
  return { bits, detail: measureDetail(luma) };
}

function transform(luma: Luma): Float64Array {
  const columns = new Float64Array(FREQUENCIES * HASH_SIDE);
  for (let f = 0; f < FREQUENCIES; f++) {
    for (let y = 0; y < HASH_SIDE; y++) {
      const weight = DCT[f * HASH_SIDE + y] ?? 0;
      for (let x = 0; x < HASH_SIDE; x++) columns[f * HASH_SIDE + x] = (columns[f * HASH_SIDE + x] ?? 0) + weight * (luma[y * HASH_SIDE + x] ?? 0);
    }
  }
  const waves = new Float64Array(HASH_BITS);
  for (let f = 0; f < FREQUENCIES; f++) {
    for (let g = 0; g < FREQUENCIES; g++) {
      let sum = 0;
      for (let x = 0; x < HASH_SIDE; x++) sum += (columns[f * HASH_SIDE + x] ?? 0) * (DCT[g * HASH_SIDE + x] ?? 0);
      waves[f * FREQUENCIES + g] = sum;
    }
  }
  return waves;
}

/** The sum of the steps between neighbours that can be seen, as PDQ's quality has it. */
function measureDetail(luma: Luma): number {
  let steps = 0;
  for (let y = 0; y < HASH_SIDE; y++) {
    for (let x = 0; x < HASH_SIDE; x++) {
      const here = luma[y * HASH_SIDE + x] ?? 0;
      if (x + 1 < HASH_SIDE) steps += Math.trunc((Math.abs(here - (luma[y * HASH_SIDE + x + 1] ?? 0)) * 100) / 255);
      if (y + 1 < HASH_SIDE) steps += Math.trunc((Math.abs(here - (luma[(y + 1) * HASH_SIDE + x] ?? 0)) * 100) / 255);
    }
  }
  return Math.min(100, Math.trunc(steps / 90));
}

/** Bits that differ, of 256. */
export function hashDistance(a: Uint8Array, b: Uint8Array): number {
  let distance = 0;
  for (let at = 0; at < HASH_BITS / 8; at++) {
    for (let different = (a[at] ?? 0) ^ (b[at] ?? 0); different !== 0; different &= different - 1) distance++;
  }
  return distance;
}

export const formatHash = (bits: Uint8Array): string => Buffer.from(bits).toString("hex");

/** Undefined unless it is 64 hexadecimal digits. */
export function parseHash(text: string): Uint8Array | undefined {
  return /^[0-9a-f]{64}$/i.test(text) ? new Uint8Array(Buffer.from(text, "hex")) : undefined;
}
