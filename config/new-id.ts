/** Ids of what is made here: ULIDs in lower case, in the order of their time, which nobody can guess. */
import { ulid } from "ulid";
import { drawRandom } from "./random-pool.ts";

/** @param now in milliseconds since 1970 */
export function newId(now?: number): string {
  return ulid(now, randomPart).toLowerCase();
}

/** From 0 to 1. The package asks the system for each of an id's sixteen characters, which took a third of a busy gateway's time. */
function randomPart(): number {
  return (drawRandom(1)[0] ?? 0) / 256;
}
