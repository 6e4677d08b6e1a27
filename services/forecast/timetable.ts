/** Pure: what somebody sends as a timetable, and when each of its hours begins. */
import { fail } from "../../config/errors.ts";
import { MAX_ENTRIES, WEEKDAYS, type KeptEntry, type TimetableEntry, type Weekday } from "./forecast.contract.ts";

const MAX_VIEWERS = 1_000_000;
const MAX_COURSE_CHARS = 64;
const DAY_MS = 86_400_000;
const FIELDS = ["video", "course", "weekly", "at", "timeZone", "expectedViewers"];
const DATE = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d)$/;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws bad_request, which says what is wrong with which entry */
export function parseTimetable(value: unknown): TimetableEntry[] {
  if (!Array.isArray(value) || value.length > MAX_ENTRIES) throw fail("bad_request", `entries must be an array of at most ${MAX_ENTRIES}.`);
  return value.map((entry: unknown, n) => parseEntry(entry, `entries[${n}]`));
}

/** What was kept, without the entries that this version does not know: another wrote them, which is rolled out or rolled back. */
export function parseKept(value: unknown): KeptEntry[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_ENTRIES).flatMap((one: unknown): KeptEntry[] => {
    if (!isObject(one)) return [];
    const { since, ...entry } = one;
    try {
      return [{ ...parseEntry(entry, "entry"), ...(typeof since === "number" && Number.isFinite(since) ? { since } : {}) }];
    } catch {
      return [];
    }
  });
}

function parseEntry(value: unknown, where: string): TimetableEntry {
  const wrong = (what: string): Error => fail("bad_request", `${where}${what}`);
  if (!isObject(value)) throw wrong(" must be an object.");
  const unknown = Object.keys(value).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw wrong(` has a field that there is not; there are ${FIELDS.join(", ")}.`);
  const { video, course, weekly, at, timeZone, expectedViewers } = value;
  if ((video === undefined) === (course === undefined)) throw wrong(" must name a video or a course.");
  if (video !== undefined && !(typeof video === "string" && /^[0-9a-z]{26}$/.test(video))) throw wrong(".video must be a video's id.");
  if (course !== undefined && !(typeof course === "string" && course.length > 0 && course.length <= MAX_COURSE_CHARS)) throw wrong(`.course must be 1 to ${MAX_COURSE_CHARS} characters.`);
  if ((weekly === undefined) === (at === undefined)) throw wrong(" must say weekly or at.");
  const zone = typeof timeZone === "string" && timeZone.length <= 64 ? zoneOf(timeZone) : undefined;
  if (zone === undefined) throw wrong(".timeZone must be a time zone, as in Europe/Berlin.");
  if (expectedViewers !== undefined && !(Number.isInteger(expectedViewers) && Number(expectedViewers) >= 1 && Number(expectedViewers) <= MAX_VIEWERS)) throw wrong(`.expectedViewers must be a whole number from 1 to ${MAX_VIEWERS}.`);
  return {
    ...(typeof video === "string" ? { video } : {}), ...(typeof course === "string" ? { course } : {}),
    ...(weekly === undefined ? {} : { weekly: parseWeekly(weekly, wrong) }), ...(at === undefined ? {} : { at: parseDate(at, wrong) }),
    timeZone: zone, ...(expectedViewers === undefined ? {} : { expectedViewers: Number(expectedViewers) }),
  };
}

function parseWeekly(value: unknown, wrong: (what: string) => Error): { day: Weekday; time: string } {
  const day = isObject(value) ? WEEKDAYS.find((name) => name === value["day"]) : undefined;
  const time = isObject(value) ? value["time"] : undefined;
  if (day === undefined || typeof time !== "string" || !TIME.test(time)) throw wrong(`.weekly must have a day (${WEEKDAYS.join(", ")}) and a time, as in 09:15.`);
  return { day, time };
}

function parseDate(value: unknown, wrong: (what: string) => Error): string {
  const [, year, month, day] = typeof value === "string" ? (DATE.exec(value) ?? []) : [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (typeof value !== "string" || Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day) || date.getUTCMonth() !== Number(month) - 1) throw wrong(".at must be a date and a time, as in 2026-11-30T09:15.");
  return value;
}

function zoneOf(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** The first beginning at or after `afterMs`, in ms since 1970; undefined: there is none any more. */
export function nextBell({ weekly, at, timeZone }: TimetableEntry, afterMs: number): number | undefined {
  if (at !== undefined) {
    const bell = utcOf(Date.parse(`${at}:00Z`), timeZone);
    return bell >= afterMs ? bell : undefined;
  }
  if (weekly === undefined) return undefined;
  const [hours, minutes] = weekly.time.split(":").map(Number);
  const today = Math.floor((afterMs + aheadOf(timeZone, afterMs)) / DAY_MS) * DAY_MS;
  for (let day = 0; day <= 7; day++) {
    const local = today + day * DAY_MS;
    if (WEEKDAYS[(new Date(local).getUTCDay() + 6) % 7] !== weekly.day) continue;
    const bell = utcOf(local + ((hours ?? 0) * 60 + (minutes ?? 0)) * 60_000, timeZone);
    if (bell >= afterMs) return bell;
  }
  return undefined;
}

/** `localMs`: what clocks there show, written as if it were UTC. An hour that clocks leave out is the one after. */
function utcOf(localMs: number, timeZone: string): number {
  const guess = localMs - aheadOf(timeZone, localMs);
  return localMs - aheadOf(timeZone, guess);
}

/** By how much clocks in the zone are ahead of UTC at that moment, in ms. */
function aheadOf(timeZone: string, atMs: number): number {
  const parts = clockOf(timeZone).formatToParts(atMs);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute")) - Math.floor(atMs / 60_000) * 60_000;
}

/** As many as there are zones; making one takes fifty times as long as using it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone) ?? new Intl.DateTimeFormat("en", { timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" });
  clocks.set(timeZone, known);
  return known;
}
