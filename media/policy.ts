/** Which segments are made without anyone asking: what the policy of a video says. Pure. */
import type { Plan, Rendition } from "./plan.ts";

export const POLICIES = ["lazy", "hybrid", "eager"] as const;
export type Policy = (typeof POLICIES)[number];

/** Under `hybrid` the opening of a rendition that may not be watched: half of all viewers leave within minutes. */
const OPENING_SEC = 120;

/**
 * How many segments, from the first on, `policy` makes of `rendition`. `hybrid`: all that costs no encoding, the lowest
 * rung whole (someone on a bad line can always watch to the end), and the opening of the other rungs.
 */
export function plannedSegments(plan: Plan, rendition: Rendition, policy: Policy): number {
  const all = plan.boundaries.length - 1;
  switch (policy) {
    case "eager":
      return all;
    case "lazy":
      return 0;
    case "hybrid":
      return rendition.kind === "audio" || rendition.mode === "repackage" || rendition.name === lowestRung(plan) ? all : openingSegments(plan);
    default:
      return policy satisfies never;
  }
}

function lowestRung(plan: Plan): string | undefined {
  return plan.video.filter((r) => r.mode === "encode").toSorted((a, b) => a.height * a.width - b.height * b.width)[0]?.name;
}

function openingSegments(plan: Plan): number {
  const limit = OPENING_SEC * plan.timescale;
  const count = plan.boundaries.findIndex((boundary) => boundary >= limit);
  return count === -1 ? plan.boundaries.length - 1 : count;
}
