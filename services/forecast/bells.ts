/** Pure: the hours of timetables in a span of time, as far as somebody said how many are expected. */
import type { Bell, KeptEntry } from "./forecast.contract.ts";
import { nextBell } from "./timetable.ts";

/** Those that most are expected at are kept where there are more. */
const MAX_BELLS = 4_000;

/** Those before an entry was made are none. @param from and `to` in ms since 1970, the end excluded */
export function bellsBetween(timetables: Iterable<readonly KeptEntry[]>, from: number, to: number): Bell[] {
  const expected = [...timetables].flat().flatMap(({ expectedViewers: viewers = 0, since = 0, ...entry }) => (viewers > 0 ? [{ viewers, since, entry }] : [])).toSorted((a, b) => b.viewers - a.viewers);
  const bells: Bell[] = [];
  for (const { viewers, since, entry } of expected) {
    for (let at = nextBell(entry, Math.max(from, since)); at !== undefined && at < to; at = nextBell(entry, at + 1)) {
      if (bells.length === MAX_BELLS) return bells;
      bells.push({ at, viewers, ...(entry.course === undefined ? {} : { course: entry.course }) });
    }
  }
  return bells;
}
