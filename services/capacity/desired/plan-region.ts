/** Transcoders that a region would need with many times today's users. Pure. */
import type { Outlook, RegionPlan } from "../capacity.contract.ts";
import type { LoadSlot } from "../load/load-slot.ts";
import { busiestOf, SAME_VIDEOS } from "../plan/growth.ts";
import { slotsFor, transcodersFor, type Sizing } from "./transcoders-for.ts";

/** What is planned by. */
export const WEEKS_MS = 28 * 86_400_000;

/** @param sizing without bounds: a plan is of what would be needed */
export function planRegion(outlook: Outlook, slots: readonly LoadSlot[], factor: number, { targetUse, slotsEach }: Pick<Sizing, "targetUse" | "slotsEach">): Omit<RegionPlan, "needs"> {
  const recent = slots.filter(({ at }) => at >= outlook.at - WEEKS_MS);
  const busiest = busiestOf(recent, { now: outlook.now.play, expected: outlook.forecast.map(({ p90 }) => p90) });
  const size = (users: number, videos: number): { slots: number; transcoders: number } => {
    const play = busiest.play * users;
    const need = slotsFor({ p50: play, p90: play, background: busiest.background * videos }, targetUse);
    return { slots: Math.round(play * 1000) / 1000, transcoders: transcodersFor(need, { min: 1, max: Number.MAX_SAFE_INTEGER, slotsEach }) };
  };
  return { region: outlook.region, basis: outlook.basis, slotsPerTranscoder: Math.round(slotsEach * 100) / 100, busiest: size(1, 1), grown: size(factor, factor), sameVideos: size(factor ** SAME_VIDEOS, 1) };
}
