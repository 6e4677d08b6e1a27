/** Pure: under which key videos are compared. */
import { createHash } from "node:crypto";
import type { Plan } from "../../../media/plan.ts";

/**
 * Whose video it is. Until there are tenants, all who may submit to a mesh are one owner. With tenants theirs has to stand
 * here: a sample does not prove enough for strangers to share what is made (README, decisions).
 */
const OWNER = "mesh";

/**
 * Of all that a plan says: the source's size, its index, the cuts and the renditions. Nothing in it names a video or an
 * address, and only equal plans have segments that can stand for each other.
 */
export function twinKey(plan: Plan): string {
  return createHash("sha256").update(JSON.stringify([OWNER, plan])).digest("hex");
}
