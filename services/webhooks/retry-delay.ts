/** Pure: when a delivery is tried again, and when no more. */

const FIRST_MS = 5_000;
const FACTOR = 4;
const LONGEST_MS = 6 * 3_600_000;
/** 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, then every 6 h: the last is a day after the first. */
export const MAX_ATTEMPTS = 11;
/** What an endpoint may ask for. */
const MAX_ASKED_MS = 12 * 3_600_000;

/**
 * @param attempts that have failed @param retryAfter header of the answer @param random from 0 to 1
 * @returns ms; undefined: it is given up
 */
export function retryDelay(attempts: number, retryAfter: string | undefined, nowMs: number, random: number): number | undefined {
  if (attempts >= MAX_ATTEMPTS) return undefined;
  const backoff = Math.min(LONGEST_MS, FIRST_MS * FACTOR ** (attempts - 1));
  return Math.round(Math.max(backoff * (0.8 + 0.4 * random), parseRetryAfter(retryAfter, nowMs)));
}

/** RFC 9110 10.2.3: seconds, or a date. @returns ms; 0 for what is neither */
function parseRetryAfter(value: string | undefined, nowMs: number): number {
  if (value === undefined) return 0;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), MAX_ASKED_MS) : 0;
}
