import type { Errors } from "moleculer";
import { fail } from "../../../config/errors.ts";

/** What the caller hears, whichever rule it was. */
export function addressRefused(): Errors.MoleculerError {
  return fail("source_refused", "The source's address is not allowed: it must be a public host that can be found, on port 80 or 443.");
}
