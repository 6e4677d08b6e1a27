/** Who says how many transcoders there are: the region's own outlook, and what it is measured against. */
import { openForecast } from "../../services/capacity/forecast/forecast.ts";
import type { Lecture } from "../../services/capacity/forecast/lectures.ts";
import { openLocalTime } from "../../services/capacity/forecast/local-time.ts";
import { holdSteady, type Wish } from "../../services/capacity/desired/steady.ts";
import { slotsFor, transcodersFor } from "../../services/capacity/desired/transcoders-for.ts";
import { DAY_MS, SLOT_MS, type LoadSlot } from "../../services/capacity/load/load-slot.ts";
import { KEPT_DAYS } from "../../services/capacity/load/load-history.ts";
import { loadsOf, type Demand } from "./demand.ts";
import { openHoltWinters } from "./holt-winters.ts";
import type { Policy } from "./replay.ts";

/** A Monday. */
export const TERM_MS = Date.parse("2026-09-07T00:00:00Z");
export const USE = 0.6;
const SLOT_SEC = SLOT_MS / 1000;
const WEEK_SLOTS = 7 * 288;
const ZONE = "Etc/GMT-1"; // the trace's eu has no daylight saving time
const STEADY = { min: 1, max: 10_000 };

/** Looks at what is there and what comes within the lead, up at once and down after a quarter of an hour. */
function follow(slotsEach: number, ahead: (second: number) => number): Policy {
  let wishes: Wish[] = [];
  return (second, waiting, used) => {
    const play = used + Math.min(waiting, used); // as look-at-load.ts has it
    const present = slotsFor({ p50: play, p90: play, background: 0 }, USE);
    const held = holdSteady(wishes, { at: second * 1000, transcoders: transcodersFor(Math.max(present, ahead(second)), { ...STEADY, slotsEach }) });
    wishes = held.wishes;
    return held.desired;
  };
}

export const fixed = (nodes: number): Policy => () => nodes;

/** The same rules without a forecast. */
export const reactive = (slotsEach: number): Policy => follow(slotsEach, () => 0);

export function slotsOfTerm(loads: Float64Array): LoadSlot[] {
  return Array.from(loads, (play, n) => ({ at: TERM_MS + n * SLOT_MS, seconds: SLOT_SEC, play, peak: play, background: 0, queuedPlay: 0, queuedNormal: 0, queuedBulk: 0, cpu: play, slots: 0, transcoders: 0 }));
}

/** @param timetable the lectures that are known a day before; undefined: none */
export function ours(demand: Demand, slotsEach: number, leadSec: number, timetable?: readonly { at: number; viewers: number }[]): Policy {
  const slots = slotsOfTerm(loadsOf(demand));
  const lectures = (timetable ?? []).map(({ at, viewers }): Lecture => ({ at: TERM_MS + at * 1000, viewers }));
  const local = openLocalTime(ZONE);
  let made = { at: -1, need: [0] };
  return follow(slotsEach, (second) => {
    const slot = Math.floor(second / SLOT_SEC);
    if (slot !== made.at) {
      const now = TERM_MS + slot * SLOT_MS;
      const from = Math.max(0, slot - (KEPT_DAYS * DAY_MS) / SLOT_MS);
      const forecast = openForecast(slots.slice(from, slot), now, local, lectures.filter(({ at }) => at > now - 28 * DAY_MS && at < now + DAY_MS));
      made = { at: slot, need: Array.from({ length: Math.ceil(leadSec / SLOT_SEC) + 2 }, (_, n) => slotsFor({ ...forecast.play(now + n * SLOT_MS), background: 0 }, USE)) };
    }
    return Math.max(...made.need);
  });
}

export function holtWinters(demand: Demand, slotsEach: number, leadSec: number): Policy {
  const model = openHoltWinters(loadsOf(demand), WEEK_SLOTS);
  let made = { at: -1, need: 0 };
  return follow(slotsEach, (second) => {
    const slot = Math.floor(second / SLOT_SEC);
    if (slot !== made.at) made = { at: slot, need: Math.max(...Array.from({ length: Math.ceil(leadSec / SLOT_SEC) + 2 }, (_, n) => slotsFor({ ...model.at(slot, n), background: 0 }, USE))) };
    return made.need;
  });
}

/** Who knows what comes. */
export function foresight(demand: Demand, slotsEach: number, leadSec: number): Policy {
  const loads = loadsOf(demand);
  return follow(slotsEach, (second) => {
    const slot = Math.floor(second / SLOT_SEC);
    return Math.max(...loads.subarray(slot, slot + Math.ceil(leadSec / SLOT_SEC) + 2)) / USE;
  });
}
