/** Which errors are failures: what an operator should hear of, because it is no fault of whoever asked, and nothing that is waited for. */
import { ERRORS, findErrorCode, type ErrorCode } from "../error-codes.ts";

/** `critical`: data or nodes are in danger. `error`: something was not done. `warning`: it may come right by itself, or others must act. */
export const SEVERITIES = ["critical", "error", "warning"] as const;
export type Severity = (typeof SEVERITIES)[number];
export interface FailureKind { code: string; severity: Severity }

/** Codes beside those of ERRORS that a failure may have. */
export const OWN_CODES = ["unexpected", "crashed", "segment_refused", "unscreened", "service_not_found", "service_not_available", "request_timeout", "request_rejected", "request_skipped", "queue_full", "max_call_level"] as const;

/** 5xx that are the way things go: bytes or plans that are still to come, a video whose failure has been told, what is not set up. */
const EXPECTED: readonly ErrorCode[] = ["source_pending", "plan_pending", "clip_pending", "video_failed", "links_off"];
const CRITICAL: readonly string[] = ["crashed", "storage_full", "storage_damaged"];
/** Who asked went away. */
const LEFT: readonly unknown[] = ["AbortError", "ERR_STREAM_PREMATURE_CLOSE"];

/** Undefined: it is no failure. What nobody made on purpose is `unexpected`. */
export function failureKindOf(error: unknown): FailureKind | undefined {
  const { name, code, type, data } = fieldsOf(error);
  if (LEFT.includes(name) || LEFT.includes(code) || fieldsOf(data).reason === "cancelled") return undefined;
  const own = findErrorCode(error);
  if (own !== undefined) return ERRORS[own].status < 500 || EXPECTED.includes(own) ? undefined : kindOf(own);
  if (typeof code === "number" && code >= 400 && code < 500 && !isOfMesh(type)) return undefined;
  return kindOf(isOfMesh(type) ? String(type).toLowerCase() : "unexpected");
}

/** The kind that goes with a code. */
export function kindOf(code: string): FailureKind {
  if (CRITICAL.includes(code)) return { code, severity: "critical" };
  const status = Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode].status : 500;
  const isTheirs = status > 500 && code !== "encode_stalled";
  return { code, severity: isTheirs || isOfMesh(code.toUpperCase()) ? "warning" : "error" };
}

/** Moleculer's own types. */
function isOfMesh(type: unknown): boolean {
  return typeof type === "string" && /^[A-Z_]+$/.test(type) && (OWN_CODES.slice(4) as readonly string[]).includes(type.toLowerCase());
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
