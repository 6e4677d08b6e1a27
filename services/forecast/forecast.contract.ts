/** What others may say to `forecast`, and what it announces. */

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** An hour at which a lecture begins: each week, or once. Of a `video`, or of whatever lecture of `course` is the last by then. */
export interface TimetableEntry {
  video?: string;
  /** As in the label `course` of its videos. */
  course?: string;
  /** Local time, as in 09:15. */
  weekly?: { day: Weekday; time: string };
  /** Local time, as in 2026-11-30T09:15. */
  at?: string;
  /** As IANA names it: Europe/Berlin. */
  timeZone: string;
  expectedViewers?: number;
}
export const MAX_ENTRIES = 500;
/** `since`: from when on it was in the timetable, ms since 1970; what was before it did not take place by it. Absent in what older versions kept. */
export interface KeptEntry extends TimetableEntry { since?: number }

/** `tenant` absent: the caller's, else the default one. */
export interface TimetableParams { tenant?: string }
/** All of it: what it has not is removed. `entries` as somebody sent them. */
export interface PutTimetableParams extends TimetableParams { entries: unknown }
/** ms since 1970. */
export interface BellsParams { from: number; to: number }
/** A lecture that begins `at`, in ms since 1970, and for how many. */
export interface Bell { at: number; viewers: number; course?: string }
/** `next`: when it begins the next time, ISO 8601; absent: never again. */
export interface TimetableAnswer { tenant: string; entries: (TimetableEntry & { next?: string })[] }
