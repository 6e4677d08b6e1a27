/** What an origin's answer to a range request means. Pure: status and headers in, meaning out. */
import { findHeader, findLength, type Headers } from "./headers.ts";

/** Bytes; `start` inclusive, `end` exclusive. */
export interface ByteRange { start: number; end: number }

export type RangeAnswer =
  | { kind: "part"; end: number; total: number }
  /** The whole file although a part was asked for; `size` is unknown when the answer is chunked. */
  | { kind: "whole"; size: number | undefined }
  | { kind: "unchanged" }
  /** The range lies behind the end; `total` when the origin says it. */
  | { kind: "outside"; total: number | undefined }
  | { kind: "redirect"; location: string | undefined }
  /** Final: asking again would be impolite and useless. */
  | { kind: "refused" }
  | { kind: "throttled"; retryAfterMs: number | undefined }
  | { kind: "failed" }
  | { kind: "broken"; message: string };

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** @param now milliseconds since the epoch, for a Retry-After that is a date */
export function judgeAnswer(status: number, headers: Headers, asked: ByteRange, now: number): RangeAnswer {
  if (status === 304) return { kind: "unchanged" };
  if (REDIRECTS.has(status)) return { kind: "redirect", location: findHeader(headers, "location") };
  if (status === 416) return { kind: "outside", total: findTotal(headers) };
  if (status === 429 || status === 503) return { kind: "throttled", retryAfterMs: findRetryAfter(headers, now) };
  if (status === 408 || status === 425 || status >= 500) return { kind: "failed" };
  if (status >= 400) return { kind: "refused" };
  if (status !== 200 && status !== 206) return { kind: "broken", message: `answers ${status}` };
  const encoding = findHeader(headers, "content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") return { kind: "broken", message: `sends the file ${encoding}-encoded although asked not to` };
  // Node's parser undoes `chunked` and leaves a coding before it in the body.
  const coding = findHeader(headers, "transfer-encoding")?.toLowerCase();
  if (coding !== undefined && coding !== "chunked" && coding !== "identity") return { kind: "broken", message: `sends the file ${coding}-encoded although not told that it may` };
  return status === 200 ? { kind: "whole", size: findLength(headers) } : judgePart(headers, asked);
}

function judgePart(headers: Headers, asked: ByteRange): RangeAnswer {
  if (/^multipart\//i.test(findHeader(headers, "content-type") ?? "")) return { kind: "broken", message: "answers one range in several parts" };
  const text = findHeader(headers, "content-range");
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(text ?? "");
  if (match === null) return { kind: "broken", message: `answers 206 with Content-Range ${text ?? "missing"}` };
  const [start, last, total] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const length = findLength(headers);
  const fits = start === asked.start && last >= start && last < asked.end && last < total && (length === undefined || length === last + 1 - start);
  return fits ? { kind: "part", end: last + 1, total } : { kind: "broken", message: `was asked for ${asked.start}-${asked.end - 1} and answers ${text} with ${length ?? "no"} length` };
}

/** A 416 may say how long the file is: `bytes *` and, after a slash, its size. */
function findTotal(headers: Headers): number | undefined {
  const match = /^bytes \*\/(\d{1,15})$/i.exec(findHeader(headers, "content-range") ?? "");
  return match === null ? undefined : Number(match[1]);
}

/** RFC 9110 10.2.3: seconds or a date. */
function findRetryAfter(headers: Headers, now: number): number | undefined {
  const text = findHeader(headers, "retry-after");
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
