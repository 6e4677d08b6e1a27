/** What is known to come: lectures of a timetable, and what those of before brought. Pure. */
import type { Sample } from "./profile.ts";
import { weightedQuantile, type Weighed } from "./quantile.ts";

export interface Lecture {
  /** ms since 1970 at which it begins. */
  at: number;
  viewers: number;
  title?: string;
}

const MINUTE_MS = 60_000;
/** Its viewers come within minutes; what they bring is half as much every so often after that. */
const FULL_MS = 10 * MINUTE_MS;
const HALF_MS = 15 * MINUTE_MS;
const LASTS_MS = 90 * MINUTE_MS;
/** Some come before it begins. */
const EARLY_MS = 2 * MINUTE_MS;
const MAX_VIEWERS = 1_000_000;
/**
 * Slots that one expected viewer takes while a lecture begins, before any was seen: of a term of the viewing trace
 * (docs/viewing-trace.md) with encodes at measured costs. So many viewers' worth does it weigh against what was seen.
 */
export const FIRST_GUESS = 0.015;
const GUESS_VIEWERS = 500;
const MOST_WEIGHT = 2_000;

/** From 0 to 1. */
function shape(sinceMs: number): number {
  if (sinceMs < -EARLY_MS || sinceMs > LASTS_MS) return 0;
  return sinceMs <= FULL_MS ? 1 : 2 ** (-(sinceMs - FULL_MS) / HALF_MS);
}

export const viewersOf = ({ viewers }: Lecture): number => (Number.isFinite(viewers) ? Math.min(MAX_VIEWERS, Math.max(0, viewers)) : 0);

/** Slots that lectures need at a time. */
export function lectureLoad(lectures: readonly Lecture[], at: number, perViewer: number): number {
  return lectures.reduce((sum, lecture) => sum + viewersOf(lecture) * perViewer * shape(at - lecture.at), 0);
}

/** Those that matter at a time, the one with the most viewers first. */
export const lecturesAt = (lectures: readonly Lecture[], at: number): Lecture[] => lectures.filter((lecture) => shape(at - lecture.at) > 0.25).toSorted((a, b) => viewersOf(b) - viewersOf(a));

/**
 * What an expected viewer took in the lectures that were: the load of their first minutes less what there was before, of all
 * lectures the middle. However many somebody expected in vain, one lecture weighs no more than so many viewers.
 */
export function learnPerViewer(past: readonly Lecture[], samples: readonly Sample[]): number {
  const byTime = new Map(samples.map(({ at, value }) => [at, value]));
  const slotMs = 5 * MINUTE_MS;
  const seen = [...Map.groupBy(past, ({ at: begins }) => begins - (begins % slotMs))].flatMap(([at, together]): Weighed[] => {
    const [before, first, second] = [at - slotMs, at, at + slotMs].map((time) => byTime.get(time));
    const viewers = together.reduce((sum, lecture) => sum + viewersOf(lecture), 0);
    if (before === undefined || first === undefined || second === undefined || viewers === 0) return [];
    return [{ value: Math.max(0, (first + second) / 2 - before) / viewers, weight: Math.min(MOST_WEIGHT, viewers) }];
  });
  if (seen.length === 0) return FIRST_GUESS;
  const weight = seen.reduce((sum, one) => sum + one.weight, 0);
  return (FIRST_GUESS * GUESS_VIEWERS + weightedQuantile(seen, 0.5) * weight) / (GUESS_VIEWERS + weight);
}
