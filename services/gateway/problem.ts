/**
 * Answers what went wrong as problem+json (RFC 9457). Errors of the table show their message; of any other the client
 * learns the request id and nothing else.
 */
import { ERRORS, errorMessage, findErrorCode, type ErrorCode } from "../../config/errors.ts";

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode | "internal_error";
  requestId: string;
  reasons?: unknown[];
}
/** `unexpected`: nobody made this error on purpose, so it belongs in the log with its stack. */
export interface ProblemAnswer { problem: Problem; headers: Record<string, string>; unexpected: boolean }

/** What Moleculer's own errors mean to a client, by their type. Their messages name nodes, so they aren't shown. */
const MESH_ERRORS: Readonly<Record<string, { code: ErrorCode; detail: string }>> = {
  SERVICE_NOT_FOUND: { code: "not_ready", detail: "A part of the mesh that this needs is not running." },
  SERVICE_NOT_AVAILABLE: { code: "not_ready", detail: "A part of the mesh that this needs is not running." },
  REQUEST_TIMEOUT: { code: "overloaded", detail: "The mesh did not answer in time." },
  REQUEST_REJECTED: { code: "overloaded", detail: "The node that worked on this went away." },
  QUEUE_FULL: { code: "overloaded", detail: "Too much work is waiting." },
  UNABLE_DECODE_PARAM: { code: "bad_request", detail: "The path is not properly percent-encoded." },
  VALIDATION_ERROR: { code: "bad_request", detail: "A value of the request is not as it should be." },
};

const RETRY_AFTER_SEC = 1;
/** A cache that knows how a video ended does not show the playlist from before when no gateway answers. */
const FINAL: readonly ErrorCode[] = ["video_deleted", "blocked"];

export function describeProblem(error: unknown, requestId: string): ProblemAnswer {
  const own = findErrorCode(error);
  const foreign = own === undefined ? MESH_ERRORS[typeOf(error)] : undefined;
  const code = own ?? foreign?.code;
  if (code === undefined) {
    const problem: Problem = {
      type: "about:blank", title: "Internal Server Error", status: 500, code: "internal_error", requestId,
      detail: "Something went wrong on our side. The log has more under this request id.",
    };
    return { problem, headers: {}, unexpected: true };
  }
  const { status, meaning } = ERRORS[code];
  const data = dataOf(error);
  const problem: Problem = {
    type: `urn:lectern:error:${code}`, title: meaning, status, detail: foreign?.detail ?? errorMessage(error), code, requestId,
    ...(Array.isArray(data["reasons"]) ? { reasons: data["reasons"] } : {}),
  };
  return { problem, headers: headersOf(code, status, data), unexpected: false };
}

function headersOf(code: ErrorCode, status: number, data: Readonly<Record<string, unknown>>): Record<string, string> {
  if (status === 401) return { "WWW-Authenticate": "Bearer" };
  if (status === 503 || status === 429) return { "Retry-After": String(retryAfterSec(data)) };
  return FINAL.includes(code) ? { "Cache-Control": "public, max-age=60" } : {};
}

function retryAfterSec(data: Readonly<Record<string, unknown>>): number {
  const given = data["retryAfterSec"];
  return typeof given === "number" && given > 0 ? Math.ceil(given) : RETRY_AFTER_SEC;
}

function typeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "type" in error && typeof error.type === "string" ? error.type : "";
}

function dataOf(error: unknown): Readonly<Record<string, unknown>> {
  const data = typeof error === "object" && error !== null && "data" in error ? error.data : undefined;
  return typeof data === "object" && data !== null ? { ...data } : {};
}
