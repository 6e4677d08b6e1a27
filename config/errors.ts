/**
 * `fail` is the only place an error for a caller is born; the gateway sends what is in the
 * table as problem+json and anything else as a bare 500. Errors are recognised by `type`: classes do not survive the wire.
 */
import { createRequire } from "node:module";
import type { Errors } from "moleculer";
import { ERRORS, type ErrorCode } from "./error-codes.ts";

export { ERRORS, findErrorCode, type ErrorCode } from "./error-codes.ts";
export { errorMessage } from "./error-message.ts";

const requireNow = createRequire(import.meta.url);
/** Loaded when first needed: a thread that only reads containers, with what the media room reads them with, does without. */
const classes = (): typeof Errors => (requireNow("moleculer") as { Errors: typeof Errors }).Errors;

/** Makes (does not throw) the error `code`. `data` is sent to the caller: no secrets, no paths. */
export function fail(code: ErrorCode, message: string, data?: Record<string, unknown>): Errors.MoleculerError {
  const { status, retryable } = ERRORS[code];
  const { MoleculerError, MoleculerRetryableError } = classes();
  return retryable ? new MoleculerRetryableError(message, status, code, data) : new MoleculerError(message, status, code, data);
}
