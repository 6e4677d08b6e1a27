/** How far forecasts of the load were off, at some leads: mean error, what the p90 covered, and the pinball loss of it. */
import { openForecast } from "../../services/capacity/forecast/forecast.ts";
import type { Lecture } from "../../services/capacity/forecast/lectures.ts";
import { openLocalTime } from "../../services/capacity/forecast/local-time.ts";
import { DAY_MS, SLOT_MS } from "../../services/capacity/load/load-slot.ts";
import { openHoltWinters } from "./holt-winters.ts";
import { slotsOfTerm, TERM_MS } from "./policies.ts";

export const LEADS = { "10 min": 2, "1 h": 12, "24 h": 288 } as const;
const WEEK = 2_016;
/** Slots between two looks: a week is looked at from all its hours. */
const STRIDE = 37;
const KEPT = 56 * 288;

export interface Errors { name: string; lead: string; mae: number; covered: number; pinball: number }

export function errorsOf(loads: Float64Array, fromSlot: number, untilSlot: number, lectures: readonly Lecture[]): Errors[] {
  const slots = slotsOfTerm(loads);
  const local = openLocalTime("Etc/GMT-1");
  const hw = openHoltWinters(loads, WEEK);
  const found = new Map<string, { lead: string; name: string; n: number; abs: number; covered: number; pinball: number }>();
  const note = (name: string, lead: string, actual: number, { p50, p90 }: { p50: number; p90: number }): void => {
    const key = `${name}/${lead}`;
    const sum = found.get(key) ?? { lead, name, n: 0, abs: 0, covered: 0, pinball: 0 };
    const off = actual - p90;
    found.set(key, { lead, name, n: sum.n + 1, abs: sum.abs + Math.abs(actual - p50), covered: sum.covered + (actual <= p90 ? 1 : 0), pinball: sum.pinball + (off > 0 ? 0.9 * off : -0.1 * off) });
  };
  for (let n = fromSlot; n < untilSlot && n + LEADS["24 h"] < loads.length; n += STRIDE) {
    const now = TERM_MS + n * SLOT_MS;
    const past = slots.slice(Math.max(0, n - KEPT), n);
    const known = lectures.filter(({ at }) => at > now - 28 * DAY_MS && at < now + 2 * DAY_MS);
    const [plain, told] = [openForecast(past, now, local), openForecast(past, now, local, known)];
    for (const [lead, ahead] of Object.entries(LEADS)) {
      const [actual, last, lastWeek] = [n + ahead, n - 1, n + ahead - WEEK].map((at) => loads[at] ?? 0) as [number, number, number];
      note("ours", lead, actual, plain.play(now + ahead * SLOT_MS));
      note("ours, with the timetable", lead, actual, told.play(now + ahead * SLOT_MS));
      note("Holt-Winters", lead, actual, hw.at(n, ahead));
      note("as last week", lead, actual, { p50: lastWeek, p90: lastWeek });
      note("as now", lead, actual, { p50: last, p90: last });
    }
  }
  return [...found.values()].map(({ name, lead, n, abs, covered, pinball }) => ({ name, lead, mae: abs / n, covered: covered / n, pinball: pinball / n }));
}
