/** Says what a plan rests on, for people. Pure. */
import { PRICE_NAMES, type Prices } from "../../../config/prices.ts";
import type { StoredCount } from "../stored/stored-counts.ts";
import { SAME_VIDEOS, type Growth, type Times } from "./growth.ts";

export interface PlanGrounds {
  measuredHours: number;
  stored: StoredCount | null;
  /** Growth is by counts of the store, not by what was written. */
  isNet: boolean;
  gatewayMbps: number;
  targetUse: number;
  prices: Prices;
  grows: Growth;
  times: Times;
}

/** Fewer hours may lack a night, or a weekend. */
const WEEK_HOURS = 160;

export function sayAssumptions(grounds: PlanGrounds): string[] {
  const { measuredHours, stored, isNet, gatewayMbps, targetUse, prices, grows, times } = grounds;
  return [
    measuredHours === 0 ? "Bytes were not measured yet: egress, gateways and what is fetched are not known." : `Bytes are as measured in ${measuredHours} of the last 672 hours${measuredHours < WEEK_HOURS ? ", less than a week, so a month by them is rough" : ""}.`,
    `Egress and gateways grow with viewers: × ${figure(grows.sent)}. Egress is what gateways send; where a CDN stands before them it sends more, and they less.`,
    `Encodes, stored bytes and bytes fetched grow with videos, not with viewers: the first watch of a segment encodes it, those after it do not. ${times.users === times.videos ? `With as many more videos: × ${figure(grows.made)}.` : `With ${figure(times.users)} × the viewers and ${figure(times.videos)} × the new videos: viewers' encodes × ${figure(grows.play)} (more viewers of a video watch more of its segments and renditions: to the power of ${SAME_VIDEOS}), the background × ${figure(grows.background)}, stored and fetched × ${figure(grows.made)}.`}`,
    stored === null
      ? "What the store holds was not counted yet; it is counted about once a day, five pages of its listing a minute."
      : `The store held ${stored.objects.toLocaleString("en")} objects when it was counted last, ${new Date(stored.at).toISOString().slice(0, 10)}; older versions that a bucket keeps are not in it.`,
    isNet ? "It grows by what was found between counts: what is removed is taken off." : "It grows by what was written: what is removed is not taken off until it was counted for a week.",
    `A gateway sends ${gatewayMbps} Mbit/s (LECTERN_GATEWAY_MBPS), and is to be used to ${Math.round(targetUse * 100)} % in the busiest five minutes.`,
    "Hours of transcoders are those of a region that always has as many as it needs.",
    ...money(prices),
  ];
}

function money({ of }: Prices): string[] {
  const absent = PRICE_NAMES.filter((name) => of[name] === undefined);
  if (absent.length === PRICE_NAMES.length) return ["No prices are set (LECTERN_PRICES), so no money is shown."];
  return [`Money is by LECTERN_PRICES, for one month; what is stored is paid for as it is at that month's end.${absent.length === 0 ? "" : ` No price is set for ${absent.join(", ")}: it is not in the sum.`}`];
}

const figure = (value: number): string => String(Number(value.toPrecision(3)));
