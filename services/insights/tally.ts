/**
 * Counts of one video: whole numbers by name, which are only ever added, so that it does not matter in which order, on which
 * node and in how many parts they are. Redis, the store and the sum of many days have the same form. Pure.
 *
 * Names: see `SINGLE`; `heat.<bucket>`: ms that were played of a bucket; `reach.<bucket>`: sessions that played some of it;
 * `seek.<from>.<to>`: by twentieths of the video; `startup.<n>`: first pictures within STARTUP_MS[n], the last one: later.
 */
export type Tally = Map<string, number>;

/** `watchMs`: media time. `views`: sessions that watched VIEW_MS. `completions`: that watched nearly all. `startupMs`, `stallMs`: sums. */
export const SINGLE = ["sessions", "views", "watchMs", "completions", "ends", "pauses", "startups", "startupMs", "stalls", "stallMs", "switchesUp", "switchesDown"] as const;
export type Single = (typeof SINGLE)[number];

export const STARTUP_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000] as const;
export const SEEK_PARTS = 20;
export const MAX_BUCKETS = 200;
const NAME = new RegExp(`^(${SINGLE.join("|")}|(heat|reach)\\.\\d{1,3}|seek\\.\\d{1,2}\\.\\d{1,2}|startup\\.\\d)$`);

/** Buckets of whole seconds, 200 of them at most. */
export function bucketMsOf(durationMs: number): number {
  return 1_000 * Math.max(1, Math.ceil(durationMs / (MAX_BUCKETS * 1_000)));
}

export function bucketsOf(durationMs: number): number {
  return Math.max(1, Math.ceil(durationMs / bucketMsOf(durationMs)));
}

export function add(tally: Tally, name: string, by: number): void {
  if (by !== 0) tally.set(name, (tally.get(name) ?? 0) + by);
}

/** Adds `more` to `tally`. */
export function addAll(tally: Tally, more: Tally): Tally {
  for (const [name, by] of more) add(tally, name, by);
  return tally;
}

/** What a hash of Redis or an object of the store says; what is no count is passed over. */
export function parseTally(fields: Readonly<Record<string, unknown>>): Tally {
  const tally: Tally = new Map();
  for (const [name, value] of Object.entries(fields)) {
    const count = Number(value);
    if (NAME.test(name) && Number.isSafeInteger(count) && count > 0) tally.set(name, count);
  }
  return tally;
}
