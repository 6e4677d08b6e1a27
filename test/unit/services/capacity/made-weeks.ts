/** Weeks of load as a school makes them: a lecture at ten on Tuesdays, evenings, quiet nights. */
import { SLOT_MS, type LoadSlot } from "../../../../services/capacity/load/load-slot.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** Monday, 00:00 UTC. */
export const MONDAY = Date.parse("2026-10-05T00:00:00Z");

export const slotAt = (at: number, play: number, changes: Partial<LoadSlot> = {}): LoadSlot =>
  ({ at, seconds: 300, play, peak: play, background: 0, queuedPlay: 0, queuedNormal: 0, queuedBulk: 0, cpu: play, slots: 8, transcoders: 2, ...changes });

/** @param at local ms since Monday 00:00 */
export function schoolLoad(at: number): number {
  const [day, hour] = [Math.floor(at / DAY_MS) % 7, (at % DAY_MS) / HOUR_MS];
  if (day === 1 && hour >= 10 && hour < 11) return 12;
  if (hour >= 18 && hour < 22) return 4;
  return hour < 7 ? 0 : 1;
}

/** @param load of a moment, ms since the first Monday */
export function makeSlots(from: number, until: number, load: (sinceMonday: number) => number = schoolLoad): LoadSlot[] {
  return Array.from({ length: Math.floor((until - from) / SLOT_MS) }, (_, n) => slotAt(from + n * SLOT_MS, load(from + n * SLOT_MS - MONDAY)));
}
