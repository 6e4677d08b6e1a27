import type { Problem } from "./schemas.ts";

/** What Lectern said no with (RFC 9457). `code` does not change between versions; `message` is for a person. */
export class LecternError extends Error {
  override readonly name = "LecternError";
  readonly status: number;
  readonly code: string;
  /** By which an operator finds the request in the logs. */
  readonly requestId: string | undefined;
  /** After so many seconds the same may be asked again. */
  readonly retryAfterSec: number | undefined;
  readonly reasons: NonNullable<Problem["reasons"]>;

  constructor(status: number, problem: Partial<Problem>, retryAfterSec: number | undefined) {
    super(problem.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.requestId = problem.requestId;
    this.retryAfterSec = retryAfterSec;
    this.reasons = problem.reasons ?? [];
  }
}
