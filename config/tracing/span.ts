/** One step of a request's way, as it is kept until it is told. */

export type TagValue = string | number | boolean;
export type Tags = Readonly<Record<string, TagValue | undefined>>;
/** `server`: a request or job came in there. `client`: what was asked of another node, and never answered. */
export type SpanKind = "server" | "internal" | "client";
/** A trace is kept by chance, or because whoever asked said so, or for how the request went. */
export type KeptWhy = "sampled" | "asked" | "failed" | "slow";
export const KEPT_WHYS: readonly KeptWhy[] = ["sampled", "asked", "failed", "slow"];

export interface Span {
  /** 16 hexadecimal digits; a span of an older node's has another form. */
  id: string;
  /** Undefined: where the trace begins. */
  parentId?: string | undefined;
  name: string;
  kind: SpanKind;
  /** ms since 1970, with fractions. */
  startMs: number;
  durationMs: number;
  tags: Tags;
  /** The error's code, where it failed. */
  error?: string | undefined;
  /** The request that caused it, and the span of that. */
  link?: Cause | undefined;
}

export interface Cause { requestId: string; spanId: string }

/** ms since 1970, with fractions, and never back within a process. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
