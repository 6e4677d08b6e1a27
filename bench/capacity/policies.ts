/** Who says how many transcoders there are: the region's own outlook, and what it is measured against. */
import { openForecast, type Forecast } from "../../services/capacity/forecast/forecast.ts";
import type { Lecture } from "../../services/capacity/forecast/lectures.ts";
import { openLocalTime } from "../../services/capacity/forecast/local-time.ts";
import { untilReady } from "../../services/capacity/desired/outlook.ts";
import { holdSteady, type Wish } from "../../services/capacity/desired/steady.ts";
import { slotsFor, transcodersFor } from "../../services/capacity/desired/transcoders-for.ts";
import { DAY_MS, SLOT_MS, type LoadSlot } from "../../services/capacity/load/load-slot.ts";
import { KEPT_DAYS } from "../../services/capacity/load/load-history.ts";
import { loadsOf, type Demand } from "./demand.ts";
import { openHoltWinters } from "./holt-winters.ts";
import type { Policy } from "./replay.ts";

/** A Monday. */
export const TERM_MS = Date.parse("2026-09-07T00:00:00Z");
const SLOT_SEC = SLOT_MS / 1000;
const WEEK_SLOTS = 7 * 288;
const ZONE = "Etc/GMT-1"; // the trace's eu has no daylight saving time
const STEADY = { min: 1, max: 10_000 };

/** `use`: of the room that viewers' encodes may use, from 0 to 1. */
export interface Terms { slotsEach: number; leadSec: number; use: number }

/**
 * Looks at what is there and what comes until a transcoder that is asked for would work; up at once, and down after a quarter
 * of an hour. `needIn(slot, now)`: slots to have in the term's five minutes of that number, asked for in those of `now`.
 */
function follow({ slotsEach, leadSec, use }: Terms, needIn: (slot: number, now: number) => number): Policy {
  let wishes: Wish[] = [];
  let known = { now: -1, needs: new Map<number, number>() };
  const need = (slot: number, now: number): number => {
    if (known.now !== now) known = { now, needs: new Map() };
    const found = known.needs.get(slot) ?? needIn(slot, now);
    known.needs.set(slot, found);
    return found;
  };
  return (second, waiting, used) => {
    const play = used + Math.min(waiting, used); // as look-at-load.ts has it
    const present = slotsFor({ p50: play, p90: play, background: 0 }, use);
    const ahead = untilReady(second * 1000, leadSec * 1000).map((at) => need(Math.floor(at / SLOT_MS), Math.floor(second / SLOT_SEC)));
    const held = holdSteady(wishes, { at: second * 1000, transcoders: transcodersFor(Math.max(present, ...ahead), { ...STEADY, slotsEach }) });
    wishes = held.wishes;
    return held.desired;
  };
}

export const fixed = (nodes: number): Policy => () => nodes;

/** The same rules without a forecast. */
export const reactive = (terms: Terms): Policy => follow(terms, () => 0);

export function slotsOfTerm(loads: Float64Array): LoadSlot[] {
  return Array.from(loads, (play, n) => ({ at: TERM_MS + n * SLOT_MS, seconds: SLOT_SEC, play, peak: play, background: 0, queuedPlay: 0, queuedNormal: 0, queuedBulk: 0, cpu: play, slots: 0, transcoders: 0 }));
}

/** @param timetable the lectures that are known a day before; undefined: none */
export function ours(demand: Demand, terms: Terms, timetable?: readonly { at: number; viewers: number }[]): Policy {
  const slots = slotsOfTerm(loadsOf(demand));
  const lectures = (timetable ?? []).map(({ at, viewers }): Lecture => ({ at: TERM_MS + at * 1000, viewers }));
  const local = openLocalTime(ZONE);
  let made: { now: number; forecast: Forecast } | undefined;
  return follow(terms, (slot, now) => {
    if (made?.now !== now) {
      const at = TERM_MS + now * SLOT_MS;
      const past = slots.slice(Math.max(0, now - (KEPT_DAYS * DAY_MS) / SLOT_MS), now);
      made = { now, forecast: openForecast(past, at, local, lectures.filter((lecture) => lecture.at > at - 28 * DAY_MS && lecture.at < at + DAY_MS)) };
    }
    return slotsFor({ ...made.forecast.play(TERM_MS + slot * SLOT_MS), background: 0 }, terms.use);
  });
}

export function holtWinters(demand: Demand, terms: Terms): Policy {
  const model = openHoltWinters(loadsOf(demand), WEEK_SLOTS);
  return follow(terms, (slot, now) => slotsFor({ ...model.at(now, slot - now), background: 0 }, terms.use));
}

/** Who knows what comes. */
export function foresight(demand: Demand, terms: Terms): Policy {
  const loads = loadsOf(demand);
  return follow(terms, (slot) => (loads[slot] ?? 0) / terms.use);
}
