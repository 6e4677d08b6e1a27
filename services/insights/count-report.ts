/** What a report adds to the counts of its video. Pure. */
import { add, bucketMsOf, bucketsOf, SEEK_PARTS, STARTUP_MS, type Tally } from "./tally.ts";
import type { UsageReport } from "./usage-report.ts";

/** A view: so much was watched by one session, or half of a shorter video. */
const VIEW_MS = 5_000;
/** Of the buckets. */
const COMPLETE_SHARE = 0.9;
/** What is played faster than this counts as if it took the time of this: nobody learns from it, and it could be made up. */
const COUNTED_RATE = 4;
/** A jump, pause, stall or change of rendition takes at least this: nobody does two a second for long. */
const ACT_MS = 500;

/** What a report would count for, and what it takes to know whether it may. `wallMs`: the time that this watching takes; `actsMs`: that its acts take at least. */
export interface Watching { mediaMs: number; wallMs: number; stallMs: number; actsMs: number; heat: ReadonlyMap<number, number> }

/**
 * What is known of the session when the report comes: `fits`: so much may have been watched; `mediaMs`: of the session so far;
 * `acted`: so many acts and waits may have been; `opened`, `ended`: the session's first picture, or end, is said for the first
 * time; `fresh`: buckets that the session had not watched before.
 */
export interface Admission { fits: boolean; begun: boolean; started: boolean; viewed: boolean; completed: boolean; mediaMs: number; acted: boolean; opened: boolean; ended: boolean; fresh: readonly number[] }

export const viewMsOf = (durationMs: number): number => Math.min(VIEW_MS, Math.ceil(durationMs / 2));
export const completeBucketsOf = (durationMs: number): number => Math.ceil(COMPLETE_SHARE * bucketsOf(durationMs));

/** @param report of within the video's duration */
export function watchingOf({ ranges, seeks, pauses, stallsMs, switchesUp, switchesDown }: UsageReport, durationMs: number): Watching {
  const bucketMs = bucketMsOf(durationMs);
  const heat = new Map<number, number>();
  let [mediaMs, wallMs] = [0, 0];
  for (const { fromMs, toMs, rate } of ranges) {
    mediaMs += toMs - fromMs;
    wallMs += (toMs - fromMs) / Math.min(rate, COUNTED_RATE);
    for (let at = fromMs; at < toMs;) {
      const bucket = Math.floor(at / bucketMs);
      const end = Math.min(toMs, (bucket + 1) * bucketMs);
      heat.set(bucket, (heat.get(bucket) ?? 0) + end - at);
      at = end;
    }
  }
  const stallMs = stallsMs.reduce((sum, ms) => sum + ms, 0);
  return { mediaMs, wallMs: Math.round(wallMs), stallMs, actsMs: ACT_MS * (seeks.length + pauses + stallsMs.length + switchesUp + switchesDown), heat };
}

/** What of a report counts. */
export function admittedOf({ startupMs, ...report }: UsageReport, { acted, opened, ended }: Admission): UsageReport {
  return {
    ...report, ended, ...(opened && startupMs !== undefined ? { startupMs } : {}),
    ...(acted ? {} : { seeks: [], pauses: 0, stallsMs: [], switchesUp: 0, switchesDown: 0 }),
  };
}

/** @param report as it was admitted */
export function countReport(report: UsageReport, durationMs: number, { mediaMs, heat }: Watching, { fits, begun, viewed, completed, fresh }: Admission): Tally {
  const tally: Tally = new Map();
  if (!fits) return tally;
  const { seeks, pauses, startupMs, stallsMs, switchesUp, switchesDown, ended } = report;
  const flags = { sessions: begun, views: viewed, completions: completed, ends: ended, startups: startupMs !== undefined };
  for (const [name, isSo] of Object.entries(flags)) add(tally, name, isSo ? 1 : 0);
  const sums = { watchMs: mediaMs, pauses, startupMs: startupMs ?? 0, stalls: stallsMs.length, stallMs: stallsMs.reduce((sum, ms) => sum + ms, 0), switchesUp, switchesDown };
  for (const [name, by] of Object.entries(sums)) add(tally, name, by);
  for (const [bucket, ms] of heat) add(tally, `heat.${bucket}`, ms);
  for (const bucket of fresh) add(tally, `reach.${bucket}`, 1);
  const part = (ms: number): number => Math.min(SEEK_PARTS - 1, Math.floor((SEEK_PARTS * ms) / durationMs));
  for (const { fromMs, toMs } of seeks) add(tally, `seek.${part(fromMs)}.${part(toMs)}`, 1);
  if (startupMs !== undefined) add(tally, `startup.${STARTUP_MS.filter((bound) => startupMs > bound).length}`, 1);
  return tally;
}
