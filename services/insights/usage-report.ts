/**
 * What a player says of how a video is watched since it said so last. Anybody may send one, so that every number is bounded
 * here, and what is not of this form is refused whole. Pure.
 */
import { fail } from "../../config/errors.ts";

/** Media time that was played, at `rate`. In ms, as all times here. */
export interface WatchedRange { fromMs: number; toMs: number; rate: number }
export interface Seek { fromMs: number; toMs: number }
export interface UsageReport {
  /** Of one load of a page, by chance. */
  session: string;
  /** Of the session's reports, from 0: the same one twice counts once. */
  seq: number;
  ranges: WatchedRange[];
  seeks: Seek[];
  pauses: number;
  /** From play to the first picture. */
  startupMs?: number;
  stallsMs: number[];
  switchesUp: number;
  switchesDown: number;
  ended: boolean;
  /** The video that the same browser watched before. */
  previous?: string;
}

export const MAX_REPORT_BYTES = 4_096;
/** A day of reports, one every twenty seconds. */
export const MAX_SEQ = 4_319;
const MAX_RANGES = 64;
const MAX_SEEKS = 64;
const MAX_STALLS = 32;
const MAX_COUNT = 1_000;
const MAX_WAIT_MS = 3_600_000;
/** A little more than the longest video that a setting can allow. */
const MAX_MEDIA_SEC = 4_000_000;
/** As far as browsers go. */
export const MAX_RATE = 16;
const MIN_RATE = 0.0625;

const FIELDS = ["session", "seq", "ranges", "seeks", "pauses", "startupMs", "stallsMs", "switchesUp", "switchesDown", "ended", "previous"];

/** @throws bad_request */
export function parseUsageReport(given: Readonly<Record<string, unknown>>): UsageReport {
  const unknown = Object.keys(given).filter((name) => !FIELDS.includes(name));
  if (unknown.length > 0) throw fail("bad_request", `There is no field ${unknown.join(", ").slice(0, 100)}; there are ${FIELDS.join(", ")}.`);
  const { session, previous, ended = false } = given;
  if (typeof session !== "string" || !/^[\w-]{16,32}$/.test(session)) throw fail("bad_request", "session must be 16 to 32 letters, digits, - or _.");
  if (previous !== undefined && (typeof previous !== "string" || !/^[0-9a-z]{26}$/.test(previous))) throw fail("bad_request", "previous must be the id of a video.");
  if (typeof ended !== "boolean") throw fail("bad_request", "ended must be true or false.");
  const startupMs = given["startupMs"] === undefined ? undefined : parseNumber("startupMs", given["startupMs"], MAX_WAIT_MS);
  return {
    session,
    seq: parseWhole("seq", given["seq"], MAX_SEQ),
    ranges: parseList("ranges", given["ranges"], MAX_RANGES).map(parseRange),
    seeks: parseList("seeks", given["seeks"], MAX_SEEKS).map(parseSeek),
    pauses: parseWhole("pauses", given["pauses"] ?? 0, MAX_COUNT),
    ...(startupMs === undefined ? {} : { startupMs }),
    stallsMs: parseList("stallsMs", given["stallsMs"], MAX_STALLS).map((ms) => parseNumber("stallsMs", ms, MAX_WAIT_MS)),
    switchesUp: parseWhole("switchesUp", given["switchesUp"] ?? 0, MAX_COUNT),
    switchesDown: parseWhole("switchesDown", given["switchesDown"] ?? 0, MAX_COUNT),
    ended,
    ...(previous === undefined ? {} : { previous }),
  };
}

function parseRange(given: unknown): WatchedRange {
  const [from, to, rate = 1, ...more] = parseList("each of ranges", given, 3);
  const range = { fromMs: parseMediaMs("ranges", from), toMs: parseMediaMs("ranges", to), rate: parseNumber("the rate of ranges", rate, MAX_RATE, false) };
  if (more.length > 0 || range.toMs < range.fromMs || range.rate < MIN_RATE) throw fail("bad_request", `Each of ranges must be [from, to, rate]: media seconds, and a rate of ${MIN_RATE} to ${MAX_RATE}.`);
  return range;
}

function parseSeek(given: unknown): Seek {
  const [from, to] = parseList("each of seeks", given, 2);
  return { fromMs: parseMediaMs("seeks", from), toMs: parseMediaMs("seeks", to) };
}

const parseMediaMs = (name: string, sec: unknown): number => Math.round(parseNumber(name, sec, MAX_MEDIA_SEC, false) * 1_000);

function parseList(name: string, given: unknown = [], max: number): unknown[] {
  if (!Array.isArray(given) || given.length > max) throw fail("bad_request", `${name} must be a list of at most ${max}.`);
  return given;
}

function parseNumber(name: string, given: unknown, max: number, isRounded = true): number {
  if (typeof given !== "number" || !(given >= 0 && given <= max)) throw fail("bad_request", `${name} must be a number from 0 to ${max}.`);
  return isRounded ? Math.round(given) : given;
}

function parseWhole(name: string, given: unknown, max: number): number {
  if (!Number.isInteger(given)) throw fail("bad_request", `${name} must be a whole number from 0 to ${max}.`);
  return parseNumber(name, given, max);
}

/** The same within a video of this length: what is said of beyond its end is no watching. */
export function withinDuration(report: UsageReport, durationMs: number): UsageReport {
  const clamp = (ms: number): number => Math.min(ms, durationMs);
  return {
    ...report,
    ranges: report.ranges.map(({ fromMs, toMs, rate }) => ({ fromMs: clamp(fromMs), toMs: clamp(toMs), rate })).filter(({ fromMs, toMs }) => toMs > fromMs),
    seeks: report.seeks.map(({ fromMs, toMs }) => ({ fromMs: clamp(fromMs), toMs: clamp(toMs) })),
  };
}
