/** How much of the usual there is now: by the last hours for what comes soon, by the last days for what comes later. Pure. */
import type { Profile, Sample } from "./profile.ts";

const HOUR_MS = 3_600_000;
/** What the last hours are. */
export const SOON_MS = 2 * HOUR_MS;
const SOON = { spanMs: SOON_MS, halfLifeMs: HOUR_MS / 2 };
const LATER = { spanMs: 72 * HOUR_MS, halfLifeMs: 24 * HOUR_MS };
/** After so long what the last hours say counts half. */
const HALF_LEAD_MS = 1.5 * HOUR_MS;
/** So much is put beside what was counted and what is usual, summed: little load says little of the level. */
const PRIOR = 1;
const [LEAST, MOST] = [0.05, 4];

export interface Level {
  /** What to multiply the usual by. @param leadMs how far ahead */
  of(leadMs: number): number;
}

/** @param samples of before `now`, by time */
export function openLevel(samples: readonly Sample[], profile: Profile, now: number): Level {
  const ratio = ({ spanMs, halfLifeMs }: typeof SOON): number => {
    let [actual, usual] = [PRIOR, PRIOR];
    for (let n = samples.length - 1; n >= 0; n--) {
      const sample = samples[n];
      if (sample === undefined || sample.at < now - spanMs) break;
      const expected = profile.at(sample.at);
      if (Number.isNaN(expected)) continue;
      const weight = 2 ** (-(now - sample.at) / halfLifeMs);
      actual += weight * sample.value;
      usual += weight * expected;
    }
    return Math.min(MOST, Math.max(LEAST, actual / usual));
  };
  const [soon, later] = [ratio(SOON), ratio(LATER)];
  return { of: (leadMs) => { const share = 2 ** (-leadMs / HALF_LEAD_MS); return soon ** share * later ** (1 - share); } };
}
