/** Pure: under which key videos are compared. */
import { createHash } from "node:crypto";
import type { Plan } from "../../../media/plan.ts";

/**
 * Of all that a plan says: the source's size, its index, the cuts and the renditions. Nothing in it names a video or an
 * address, and only equal plans have segments that can stand for each other. Of one tenant only: a sample does not prove
 * enough for strangers to share what is made (README, decisions).
 */
export function twinKey(plan: Plan, tenant: string): string {
  return createHash("sha256").update(JSON.stringify([tenant, plan])).digest("hex");
}
