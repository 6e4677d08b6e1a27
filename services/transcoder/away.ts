/** Tells a chunk that cannot be made from one that is fine while the mesh or its origin is not: that one waits. */
import { Errors } from "moleculer";
import { findErrorCode } from "../../config/errors.ts";
import { findLack } from "../../mixins/arrival.ts";

const AWAY: readonly (string | undefined)[] = ["storage_unavailable", "storage_full", "storage_key_unavailable", "queue_unavailable", "overloaded", "not_ready", "source_unreachable"];

export function isAway(error: unknown): boolean {
  return AWAY.includes(findErrorCode(error))
    || error instanceof Errors.ServiceNotFoundError || error instanceof Errors.ServiceNotAvailableError || error instanceof Errors.RequestTimeoutError;
}

/** The chunk's part of an upload is still to come: for as long as the upload may take, which ends by itself. */
export function isComing(error: unknown): boolean {
  return findLack(error) !== undefined;
}
