/**
 * The id that a request has in its answer, in every log line, error, audit record and trace. One that Lectern makes is a trace
 * id of W3C Trace Context (https://www.w3.org/TR/trace-context/), and so is one that came in a `traceparent`.
 */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { drawRandom } from "../random-pool.ts";

/** What whoever asks says of the trace that the request belongs to. `parentId`: the span that asks. */
export interface TraceParent { traceId: string; parentId: string; sampled: boolean }

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 0b1;
const GIVEN = /^[A-Za-z0-9._-]{1,64}$/;
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const [TRACE_BYTES, SPAN_BYTES] = [16, 8];

/** Undefined for what is no valid `traceparent`, and for what later versions may say in another form. */
export function parseTraceparent(header: string | readonly string[] | undefined): TraceParent | undefined {
  const [, version = "ff", traceId = "", parentId = "", flags = "", more] = typeof header === "string" && header.length <= 512 ? TRACEPARENT.exec(header) ?? [] : [];
  if (version === "ff" || (version === "00" && more !== undefined) || /^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** The trace's that it belongs to, else the client's own when it is a harmless one, else a new one. */
export function chooseRequestId(headers: IncomingHttpHeaders): string {
  const given = headers["x-request-id"];
  return parseTraceparent(headers["traceparent"])?.traceId ?? (typeof given === "string" && GIVEN.test(given) ? given : newTraceId());
}

/** Of a request, whatever its id looks like: 32 hexadecimal digits, the same on every node. */
export function traceIdOf(requestId: string): string {
  return TRACE_ID.test(requestId) ? requestId : createHash("sha256").update(requestId).digest("hex").slice(0, 2 * TRACE_BYTES);
}

export function newTraceId(): string {
  return randomHex(TRACE_BYTES);
}

/** 16 hexadecimal digits. Each call of an action has one as its id, so that it is at once that of its span. */
export function newSpanId(): string {
  return randomHex(SPAN_BYTES);
}

function randomHex(bytes: number): string {
  const text = drawRandom(bytes).toString("hex");
  return /^0+$/.test(text) ? randomHex(bytes) : text; // zeros stand for none
}
