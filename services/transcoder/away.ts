/** Tells a chunk that cannot be made from one that is fine while the mesh or its origin is not: that one waits. */
import { Errors } from "moleculer";
import { findErrorCode } from "../../config/errors.ts";

const AWAY: readonly (string | undefined)[] = ["storage_unavailable", "storage_full", "queue_unavailable", "overloaded", "not_ready", "source_unreachable"];

export function isAway(error: unknown): boolean {
  return AWAY.includes(findErrorCode(error))
    || error instanceof Errors.ServiceNotFoundError || error instanceof Errors.ServiceNotAvailableError || error instanceof Errors.RequestTimeoutError;
}
