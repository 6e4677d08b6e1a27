/** A time in seconds as a person writes it, kept exactly: a decimal has no binary fraction, and 0.1 + 0.2 must be 0.3. */

/** `units` of a `perSecond`-th of a second. */
export interface Seconds { readonly units: bigint; readonly perSecond: bigint }

/** Up to 31 years, to the nanosecond; undefined for all else (signs, exponents, `1:30`). */
export function parseSeconds(text: string): Seconds | undefined {
  const match = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return undefined;
  const [, whole = "", fraction = ""] = match;
  return { units: BigInt(whole + fraction), perSecond: 10n ** BigInt(fraction.length) };
}

/** The last tick of `timescale` at or before the time. */
export function floorTicks({ units, perSecond }: Seconds, timescale: number): number {
  return Number((units * BigInt(timescale)) / perSecond);
}

/** The first tick of `timescale` at or after the time. */
export function ceilTicks({ units, perSecond }: Seconds, timescale: number): number {
  return Number((units * BigInt(timescale) + perSecond - 1n) / perSecond);
}
