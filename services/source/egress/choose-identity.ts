/** Which way out a source gets. Pure. */
import type { Rotation } from "../access/policy-schema.ts";

export interface Candidate { readonly entry: { readonly region?: string }; readonly restsUntil: number; readonly active: number; readonly requests: number }

/**
 * @param turn grows with each choice, for round robin
 * @param region of this node
 * @param avoid has just failed for this source
 */
export function chooseIdentity<T extends Candidate>(candidates: readonly T[], rotation: Rotation, { turn, region, now, avoid }: { turn: number; region: string; now: number; avoid?: T | undefined }): T | undefined {
  const rested = candidates.filter(({ restsUntil }) => restsUntil <= now);
  // When all rest, the one that has rested longest: a source that nobody is asked for is surely not served.
  if (rested.length === 0) return candidates.toSorted((a, b) => a.restsUntil - b.restsUntil)[0];
  const others = rested.filter((candidate) => candidate !== avoid);
  const fit = others.length === 0 ? rested : others;
  switch (rotation) {
    case "round-robin": return fit[turn % fit.length];
    case "least-used": return leastUsed(fit);
    case "nearest": {
      const near = fit.filter(({ entry }) => entry.region === region);
      return leastUsed(near.length === 0 ? fit : near);
    }
    default: return rotation satisfies never;
  }
}

function leastUsed<T extends Candidate>(candidates: readonly T[]): T | undefined {
  return candidates.toSorted((a, b) => a.active - b.active || a.requests - b.requests)[0];
}
