/** What a region would need with many times today's users. Pure. */
import type { Outlook, RegionPlan } from "../capacity.contract.ts";
import { weightedQuantile } from "../forecast/quantile.ts";
import type { LoadSlot } from "../load/load-slot.ts";
import { slotsFor, transcodersFor, type Sizing } from "./transcoders-for.ts";

const WEEKS_MS = 28 * 86_400_000;
/**
 * Encodes grow by this power of the users where these watch the same videos: a segment is made once, whoever asks. Of a
 * term of the viewing trace (docs/viewing-trace.md), 3,000 views and 30,000 of the same videos.
 */
export const SAME_VIDEOS = 0.6;

/** @param sizing without bounds: a plan is of what would be needed */
export function planRegion(outlook: Outlook, slots: readonly LoadSlot[], factor: number, { targetUse, slotsEach }: Pick<Sizing, "targetUse" | "slotsEach">): RegionPlan {
  const recent = slots.filter(({ at }) => at >= outlook.at - WEEKS_MS);
  const past = weightedQuantile(recent.map(({ play, seconds }) => ({ value: play, weight: seconds })), 0.99);
  const busiest = Math.max(Number.isNaN(past) ? 0 : past, outlook.now.play, ...outlook.forecast.map(({ p90 }) => p90));
  const background = weightedQuantile(recent.map((slot) => ({ value: slot.background, weight: slot.seconds })), 0.75);
  const size = (times: number): { slots: number; transcoders: number } => {
    const play = busiest * times;
    const need = slotsFor({ p50: play, p90: play, background: (Number.isNaN(background) ? 0 : background) * times }, targetUse);
    return { slots: Math.round(play * 1000) / 1000, transcoders: transcodersFor(need, { min: 1, max: Number.MAX_SAFE_INTEGER, slotsEach }) };
  };
  return { region: outlook.region, basis: outlook.basis, slotsPerTranscoder: Math.round(slotsEach * 100) / 100, busiest: size(1), grown: size(factor), sameVideos: size(factor ** SAME_VIDEOS) };
}
