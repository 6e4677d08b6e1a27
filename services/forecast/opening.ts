/** Pure: what of a video is made before it is asked for, when somebody is expected to begin it. */
import type { Plan, Rendition } from "../../media/plan.ts";
import { renditionsOf } from "../../media/plan-video.ts";

/** Segments from the first to `last`, inclusive. */
export interface Opening { rendition: Rendition; last: number }

/** Which part of viewers watch a rendition, by its name. */
export type RenditionShares = Readonly<Record<string, number>>;

/** What a player's buffer takes at once, and as much again while the rest is being made. */
export const OPENING_SEC = 60;
/** What fewer viewers watch is made when they ask. */
const LEAST_SHARE = 0.15;

/**
 * The first minute of the sound, of what costs no encode, and of those encodes that at least one in seven viewers watches,
 * the most watched first. Where nothing is known of viewers of any of them: of each.
 */
export function planOpening(plan: Plan, shares: RenditionShares = {}): Opening[] {
  const count = plan.boundaries.findIndex((boundary) => boundary >= OPENING_SEC * plan.timescale);
  const last = (count === -1 ? plan.boundaries.length - 1 : count) - 1;
  if (last < 0) return [];
  const renditions = renditionsOf(plan);
  const watched = renditions.reduce((sum, { name }) => sum + (shares[name] ?? 0), 0);
  const shareOf = ({ name }: Rendition): number => (watched === 0 ? 1 : (shares[name] ?? 0) / watched);
  return renditions.filter((rendition) => rendition.kind === "audio" || rendition.mode === "repackage" || shareOf(rendition) >= LEAST_SHARE)
    .toSorted((a, b) => rank(a) - rank(b) || shareOf(b) - shareOf(a))
    .map((rendition) => ({ rendition, last }));
}

/** Without sound nothing plays; what is cheap comes before what is not. */
const rank = ({ kind, mode }: Rendition): number => (kind === "audio" ? 0 : mode === "repackage" ? 1 : 2);
