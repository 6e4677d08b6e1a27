/** Erasures that nobody ordered: what the store keeps all the same must not keep the rest from going on. */
import type { Logger } from "moleculer";
import { errorMessage, findErrorCode } from "../../config/errors.ts";

/** For `catch`: says in the log what is kept, and of what. @throws every other error */
export function passIncomplete(logger: Pick<Logger, "warn">, what: string): (error: unknown) => void {
  return (error) => {
    if (findErrorCode(error) !== "erasure_incomplete") throw error;
    logger.warn(`${what} is not erased yet: ${errorMessage(error)}`);
  };
}
