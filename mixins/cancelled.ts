/** The end of work that nobody wants any more: its viewers have left, its video was deleted, or the node is leaving. */
import { Errors } from "moleculer";
import { fail } from "../config/errors.ts";

export const cancelled = (): Error => fail("encode_failed", "The work was cancelled.", { reason: "cancelled" });

/** Whether that is how it ended: nothing that an operator need hear of. */
export function isCancelled(error: unknown): boolean {
  return error instanceof Errors.MoleculerError && (error.data as { reason?: unknown } | undefined)?.reason === "cancelled";
}

/** Waits for `work`, though not beyond `signal`: a source that does not answer keeps nobody from stopping. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(cancelled());
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
