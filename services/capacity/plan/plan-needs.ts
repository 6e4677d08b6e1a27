/** All that a region takes in a month: today, and with many times the users and new videos. Pure. */
import type { Prices } from "../../../config/prices.ts";
import type { Needs, Outlook, RegionNeeds } from "../capacity.contract.ts";
import { WEEKS_MS } from "../desired/plan-region.ts";
import { slotsFor, transcodersFor, type Sizing } from "../desired/transcoders-for.ts";
import { mbpsOf, type LoadSlot } from "../load/load-slot.ts";
import { netGrowthADay, type StoredCount } from "../stored/stored-counts.ts";
import { costsOf, MONTH_HOURS } from "./costs.ts";
import { busiestOf, growthOf, sumOf, type Times } from "./growth.ts";
import { sayAssumptions } from "./say-assumptions.ts";

export interface NeedsInput {
  outlook: Outlook;
  slots: readonly LoadSlot[];
  counts: readonly StoredCount[];
  times: Times;
  /** Of its bounds only the fewest count: a plan is of what would be needed. */
  sizing: Omit<Sizing, "max">;
  /** That one node with a gateway can send. */
  gatewayMbps: number;
  prices: Prices;
}

const MONTH_SEC = MONTH_HOURS * 3_600;

export function planNeeds({ outlook, slots, counts, times, sizing, gatewayMbps, prices }: NeedsInput): RegionNeeds {
  const recent = slots.filter(({ at }) => at >= outlook.at - WEEKS_MS);
  const counted = recent.filter(({ bytes }) => bytes !== undefined);
  const seconds = sumOf(counted, () => 1);
  const rate = (name: "sent" | "stored" | "fetched"): number | null => (seconds === 0 ? null : sumOf(counted, ({ bytes }) => bytes?.[name] ?? 0) / seconds);
  const [sent, written, fetched] = [rate("sent"), rate("stored"), rate("fetched")];
  const peak = counted.reduce((most, { bytes }) => Math.max(most, mbpsOf(bytes) ?? 0), 0);
  const busiest = busiestOf(recent, { now: outlook.now.play, expected: outlook.forecast.map(({ p90 }) => p90) });
  const stored = counts.at(-1) ?? null;
  const netADay = netGrowthADay(counts);
  const growthASec = netADay === undefined ? written : Math.max(0, netADay) / 86_400;
  const unbounded = { ...sizing, max: Number.MAX_SAFE_INTEGER };
  const transcoders = (play: number, background: number): number => transcodersFor(slotsFor({ p50: play, p90: play, background }, sizing.targetUse), unbounded);

  const needsOf = (factors: Times): Needs => {
    const grows = growthOf(factors, recent);
    const month = (aSecond: number | null, by: number): number | null => (aSecond === null ? null : Math.round(aSecond * by * MONTH_SEC));
    const peakMbps = seconds === 0 ? null : peak * grows.sent;
    const storedGrowthBytes = month(growthASec, grows.made);
    const hours = recent.length === 0 ? null : (sumOf(recent, ({ play, background }) => transcoders(play * grows.play, background * grows.background)) / sumOf(recent, () => 1)) * MONTH_HOURS;
    const needs = {
      transcoders: transcoders(busiest.play * grows.play, busiest.background * grows.background), transcoderHours: hours === null ? null : Math.round(hours),
      gateways: peakMbps === null ? null : Math.max(1, Math.ceil(peakMbps / (gatewayMbps * sizing.targetUse))), peakMbps: peakMbps === null ? null : Math.round(peakMbps * 1000) / 1000,
      egressBytes: month(sent, grows.sent), fetchedBytes: month(fetched, grows.made),
      storedGrowthBytes, storedYearBytes: stored === null || storedGrowthBytes === null ? null : stored.bytes + 12 * storedGrowthBytes,
    };
    return { ...needs, costs: costsOf(needs, stored?.bytes ?? null, prices) };
  };

  const measuredHours = Math.round(seconds / 360) / 10;
  return {
    measuredHours, stored, currency: prices.currency ?? null, today: needsOf({ users: 1, videos: 1 }), planned: needsOf(times),
    assumptions: sayAssumptions({ measuredHours, stored, isNet: netADay !== undefined, gatewayMbps, targetUse: sizing.targetUse, prices, grows: growthOf(times, recent), times }),
  };
}
