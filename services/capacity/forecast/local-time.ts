/** Where a moment lies in the week of a place: lectures are held by its clock, which daylight saving time puts forward and back. */
import { SLOT_MS } from "../load/load-slot.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
export const WEEK_MS = 7 * 86_400_000;
export const SLOTS_A_WEEK = WEEK_MS / SLOT_MS;
const MAX_KNOWN = 20_000;

export interface LocalTime {
  /** From 0, Monday 00:00, in slots of the local clock. */
  weekSlot(at: number): number;
  /** Local date and hour for people: `10:00`. */
  clock(at: number): string;
}

/** @param zone IANA's name: `Europe/Zurich` @throws RangeError when there is no such */
export function openLocalTime(zone: string): LocalTime {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  const offsets = new Map<number, number>();
  /** The clock's lead over UTC; clocks change at quarters of an hour at most. */
  function offsetMs(at: number): number {
    const quarter = at - (at % (HOUR_MS / 4));
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    const parts = Object.fromEntries(format.formatToParts(quarter).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const offset = Math.round((Date.UTC(year, month - 1, day, hour, minute, second) - quarter) / MINUTE_MS) * MINUTE_MS;
    if (offsets.size >= MAX_KNOWN) offsets.clear();
    offsets.set(quarter, offset);
    return offset;
  }
  return {
    weekSlot(at) {
      const sinceMonday = at + offsetMs(at) - 4 * 86_400_000; // 1970 began on a Thursday
      return Math.floor((((sinceMonday % WEEK_MS) + WEEK_MS) % WEEK_MS) / SLOT_MS);
    },
    clock: (at) => new Date(at + offsetMs(at)).toISOString().slice(11, 16),
  };
}
