/** Exact media time. A time is an integer number of ticks of a timescale (ticks per second). */

/** A frame rate or aspect ratio, in lowest terms, den > 0. */
export interface Rational { readonly num: number; readonly den: number }

export function gcd(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

export function rational(num: number, den: number): Rational {
  const divisor = gcd(num, den) || 1;
  const sign = den < 0 ? -divisor : divisor;
  return { num: num === 0 ? 0 : num / sign, den: den / sign };
}

/** `ticks` of timescale `from` in timescale `to`, rounded down. Exact for any safe integers. */
export function rescaleFloor(ticks: number, from: number, to: number): number {
  const product = BigInt(ticks) * BigInt(to);
  const quotient = product / BigInt(from);
  return Number(product < 0n && product % BigInt(from) !== 0n ? quotient - 1n : quotient);
}

/** `ticks` of timescale `from` in timescale `to`, rounded up. */
export function rescaleCeil(ticks: number, from: number, to: number): number {
  return 0 - rescaleFloor(-ticks, from, to); // from 0, or the negative of 0 would not be 0
}

/** `ticks` of `timescale` as decimal seconds with six places, for FFmpeg's options and playlists. Rounded down. */
export function formatSeconds(ticks: number, timescale: number): string {
  const micros = rescaleFloor(ticks, timescale, 1_000_000);
  const sign = micros < 0 ? "-" : "";
  const magnitude = Math.abs(micros);
  return `${sign}${Math.floor(magnitude / 1_000_000)}.${String(magnitude % 1_000_000).padStart(6, "0")}`;
}
