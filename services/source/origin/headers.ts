/** Headers as the HTTP client hands them over: names in lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The first value of a header, trimmed; empty counts as absent. */
export function findHeader(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  const first = (Array.isArray(value) ? value[0] : value)?.trim();
  return first === "" ? undefined : first;
}

/** Decimal digits only, and small enough to be exact. */
export function findLength(headers: Headers): number | undefined {
  const text = findHeader(headers, "content-length");
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
