/** Attribute lists of playlists (RFC 8216bis 4.2). */

/** `NAME=value,…`; absent values are left out. */
export function formatAttributes(attributes: Record<string, string | undefined>): string {
  return Object.entries(attributes).flatMap(([name, value]) => value === undefined ? [] : [`${name}=${value}`]).join(",");
}

/** A quoted-string can't hold quotation marks or line breaks, and has no way to escape them: they are left out, with all control characters. */
export function quoted(value: string): string {
  return `"${value.replace(/["\p{Cc}\u2028\u2029]/gu, "")}"`;
}
