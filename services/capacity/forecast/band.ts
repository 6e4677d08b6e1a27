/**
 * How far beyond the usual it goes one time of ten, by how much is usual: in a quiet night, in an evening and in a lecture's
 * hour apart, for no one formula holds from nothing to hundreds. It is learnt of the errors of the last two weeks,
 * each against what the other days and weeks say: in a region's first days the usual is what was measured, and errs by nothing. Pure.
 */
import type { Profile, Sample } from "./profile.ts";
import { weightedQuantile } from "./quantile.ts";

const ERRORS_MS = 14 * 86_400_000;
/** As many parts of the errors, each as large as the others, from where least is usual to where most is. */
const PARTS = 5;
/** Of how many errors a part says something. */
const PART_LEAST = 12;
/** In roots of the load, with which errors of counts grow: where nothing is known, and the least that anything varies. */
const UNKNOWN = 1.5;
const LEAST = 0.5;

/** `usual`: slots. @returns slots beyond it */
export type Band = (usual: number) => number;

/** @param samples by time */
export function openBand(samples: readonly Sample[], now: number, profile: Profile): Band {
  const errors = samples.filter(({ at }) => at >= now - ERRORS_MS).map(({ at, value }) => ({ usual: profile.unseen(at), value })).filter(({ usual }) => !Number.isNaN(usual)).toSorted((a, b) => a.usual - b.usual);
  if (errors.length < PARTS * PART_LEAST) return (usual) => UNKNOWN * Math.sqrt(usual);
  const knots = Array.from({ length: PARTS }, (_, n) => {
    const part = errors.slice(Math.floor((n * errors.length) / PARTS), Math.floor(((n + 1) * errors.length) / PARTS));
    return {
      usual: part.reduce((sum, { usual }) => sum + usual / part.length, 0),
      width: Math.max(0, weightedQuantile(part.map(({ usual, value }) => ({ value: value - usual, weight: 1 })), 0.9)),
    };
  });
  return (usual) => Math.max(widthAt(knots, usual), LEAST * Math.sqrt(usual));
}

/** Straight between two knots; below the first as there; beyond the last it grows as errors of counts do. */
function widthAt(knots: readonly { usual: number; width: number }[], usual: number): number {
  const above = knots.find((knot) => knot.usual >= usual);
  const below = knots.findLast((knot) => knot.usual < usual);
  if (below === undefined) return above?.width ?? 0;
  if (above === undefined) return below.width * Math.sqrt(usual / Math.max(1, below.usual));
  return below.width + ((above.width - below.width) * (usual - below.usual)) / (above.usual - below.usual);
}
