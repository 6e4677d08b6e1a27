/** How a video was watched, for people: what counts come to. Pure. */
import type { QualityView, UsageTotals, VideoUsage } from "./insights.contract.ts";
import { bucketMsOf, SEEK_PARTS, STARTUP_MS, type Single, type Tally } from "./tally.ts";
import { bucketCounts, sumDays, type WatchedDay } from "./usage-reader.ts";
import type { DayUsage } from "./usage-store.ts";

const MAX_SEEKS = 50;

export function totalsOf({ viewers, tally }: Pick<DayUsage, "viewers" | "tally">): UsageTotals {
  const count = countsOf(tally);
  return { views: count("views"), viewers, watchSec: seconds(count("watchMs")), completions: count("completions") };
}

/** @param floor unless so many different viewers came on one day only sums are shown: the rest would be what one of them did */
export function viewUsage(about: Pick<VideoUsage, "id" | "title" | "course" | "from" | "to">, durationMs: number, days: readonly WatchedDay[], floor: number): VideoUsage {
  const sum = sumDays(days);
  const { tally } = sum;
  const count = countsOf(tally);
  const bucketMs = bucketMsOf(durationMs);
  const [heat, reach] = [bucketCounts(tally, "heat", durationMs), bucketCounts(tally, "reach", durationMs)];
  const lengthOf = (bucket: number): number => Math.max(1, Math.min(bucketMs, durationMs - bucket * bucketMs));
  const most = Math.max(count("views"), ...reach);
  const isShown = Math.max(0, ...days.map(({ different }) => different)) >= floor;
  return {
    ...about,
    durationSec: seconds(durationMs), bucketSec: bucketMs / 1_000,
    totals: totalsOf(sum),
    days: days.map((one) => ({ day: one.day, ...totalsOf(one) })),
    pauses: count("pauses"),
    ...(isShown ? {
      heat: heat.map((ms, bucket) => round(ms / lengthOf(bucket))),
      retention: reach.map((sessions) => (most === 0 ? 0 : round(sessions / most))),
      seeks: seeksOf(tally, durationMs),
    } : { tooFew: true }),
    quality: qualityOf(tally),
  };
}

function seeksOf(tally: Tally, durationMs: number): NonNullable<VideoUsage["seeks"]> {
  const at = (part: string): number => seconds((Number(part) * durationMs) / SEEK_PARTS);
  return [...tally].flatMap(([name, count]) => {
    const [, from, to] = /^seek\.(\d+)\.(\d+)$/.exec(name) ?? [];
    return from === undefined || to === undefined ? [] : [{ fromSec: at(from), toSec: at(to), count }];
  }).toSorted((a, b) => b.count - a.count).slice(0, MAX_SEEKS);
}

function qualityOf(tally: Tally): QualityView {
  const count = countsOf(tally);
  const [startups, hours] = [count("startups"), count("watchMs") / 3_600_000];
  return {
    startups,
    ...(startups === 0 ? {} : { startupMs: Math.round(count("startupMs") / startups) }),
    startupWithin: STARTUP_MS.map((ms, n) => ({ ms, count: STARTUP_MS.slice(0, n + 1).reduce((sum, _, at) => sum + (tally.get(`startup.${at}`) ?? 0), 0) })),
    stalls: count("stalls"), stallSec: seconds(count("stallMs")),
    ...(hours === 0 ? {} : { stallsPerHour: round(count("stalls") / hours) }),
    switchesUp: count("switchesUp"), switchesDown: count("switchesDown"),
  };
}

const countsOf = (tally: Tally) => (name: Single): number => tally.get(name) ?? 0;
const round = (value: number): number => Math.round(value * 1_000) / 1_000;
const seconds = (ms: number): number => Math.round(ms) / 1_000;
