/** Bytes [start, end) of something. */
export interface ByteRange { start: number; end: number }

/**
 * What a Range header asks of `size` bytes (RFC 9110 14.1). Several ranges, other units and nonsense are as if nothing was
 * asked, which the RFC allows.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  const [, from = "", to = ""] = match ?? [];
  if (from === "" && to === "") return undefined;
  if (from === "") return Number(to) === 0 ? "unsatisfiable" : { start: Math.max(0, size - Number(to)), end: size };
  const [start, end] = [Number(from), to === "" ? size : Math.min(Number(to) + 1, size)];
  if (to !== "" && Number(to) < start) return undefined;
  return start < size ? { start, end } : "unsatisfiable";
}
