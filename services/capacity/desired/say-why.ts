/** Says why a region should have so many transcoders, for people. */
import type { LoadNow } from "../capacity.contract.ts";
import type { Forecast } from "../forecast/forecast.ts";
import { lecturesAt, viewersOf, type Lecture } from "../forecast/lectures.ts";
import type { LocalTime } from "../forecast/local-time.ts";
import { transcodersFor, type Sizing } from "./transcoders-for.ts";

export interface Reasons {
  region: string;
  now: LoadNow;
  desired: number;
  /** What was asked for without holding still. */
  wish: number;
  /** Slots that the present load needs. */
  present: number;
  /** Within the lead. */
  busiest: { at: number; need: number };
  lectures: readonly Lecture[];
  forecast: Forecast;
  sizing: Sizing;
  local: LocalTime;
  next: { need: number; clock: string } | undefined;
}

const MAX_TITLE = 60;

export function sayWhy(reasons: Reasons): string {
  const { desired, wish, next, sizing } = reasons;
  const sentences = [`${cause(reasons)}.`];
  if (desired > wish) sentences.push(`More were asked for within the last quarter of an hour, so none is drained yet.`);
  if (next !== undefined && transcodersFor(next.need, sizing) > desired) sentences.push(`The most of the next day is ${transcodersFor(next.need, sizing)}, about ${next.clock}.`);
  return sentences.join(" ");
}

function cause({ region, now, wish, present, busiest, lectures, forecast, sizing, local }: Reasons): string {
  const { min, max, slotsEach, targetUse } = sizing;
  const needed = Math.max(present, busiest.need);
  if (needed <= min * slotsEach) return `${min === 1 ? "One transcoder is" : `${min} transcoders are`} the fewest that ${region} may have, and enough for what is there and expected`;
  const limit = wish === max && needed > max * slotsEach ? `; ${max} are the most that it may have` : "";
  if (present >= busiest.need) {
    const waits = now.queued >= 1 ? `, and ${Math.round(now.queued)} slot-seconds of work wait` : "";
    return `Viewers' encodes use ${figure(now.play)} slots in ${region} now${waits}${limit}`;
  }
  const at = local.clock(busiest.at);
  const { p90 } = forecast.play(busiest.at);
  const [lecture] = lecturesAt(lectures, busiest.at);
  if (lecture !== undefined && forecast.lectures(busiest.at) > 0) {
    return `A lecture for ${viewersOf(lecture)} at ${local.clock(lecture.at)} in ${region}${lecture.title === undefined ? "" : ` (${lecture.title.replaceAll(/\p{Cc}|\p{Cf}/gu, " ").slice(0, MAX_TITLE)})`}${limit}`;
  }
  const rest = forecast.basis === "recent" ? "by the last hour" : forecast.basis === "days" ? "by the days before" : "by the weeks before";
  return `${figure(p90)} slots of viewers' encodes are expected in ${region} about ${at} (nine times of ten it is less), ${rest}, at ${Math.round(targetUse * 100)} % use${limit}`;
}

const figure = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(1));
