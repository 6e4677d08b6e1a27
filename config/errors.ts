/**
 * `fail` is the only place an error for a caller is born; the gateway sends what is in the
 * table as problem+json and anything else as a bare 500. Errors are recognised by `type`: classes do not survive the wire.
 */
import { Errors } from "moleculer";
import { ERRORS, type ErrorCode } from "./error-codes.ts";

export { ERRORS, findErrorCode, type ErrorCode } from "./error-codes.ts";
export { errorMessage } from "./error-message.ts";

/** Makes (does not throw) the error `code`. `data` is sent to the caller: no secrets, no paths. */
export function fail(code: ErrorCode, message: string, data?: Record<string, unknown>): Errors.MoleculerError {
  const { status, retryable } = ERRORS[code];
  return retryable ? new Errors.MoleculerRetryableError(message, status, code, data) : new Errors.MoleculerError(message, status, code, data);
}
