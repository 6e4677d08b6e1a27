/** A region's outlook: what it has to do, what is to come, how many transcoders that needs, and why. Pure. */
import type { ForecastPoint, LoadNow, Outlook, PastPoint } from "../capacity.contract.ts";
import { openForecast, type Forecast } from "../forecast/forecast.ts";
import type { Lecture } from "../forecast/lectures.ts";
import type { LocalTime } from "../forecast/local-time.ts";
import { DAY_MS, mbpsOf, SLOT_MS, type LoadSlot } from "../load/load-slot.ts";
import type { LoadLook } from "../load/slot-meter.ts";
import { sayWhy } from "./say-why.ts";
import { holdSteady, type Wish } from "./steady.ts";
import { slotsFor, transcodersFor, type Sizing } from "./transcoders-for.ts";

export interface OutlookInput {
  region: string;
  now: number;
  local: LocalTime;
  slots: readonly LoadSlot[];
  look: LoadLook;
  lectures: readonly Lecture[];
  sizing: Omit<Sizing, "slotsEach">;
  /** Slots of a transcoder where the region has none to go by. */
  slotsEach: number;
  /** How long a transcoder takes from being asked for to taking work. */
  leadMs: number;
  wishes: readonly Wish[];
}

const STEP_MS = 3 * SLOT_MS;
const AHEAD_MS = DAY_MS;
const PAST_MS = DAY_MS;
/** Transcoders are there so long before they are needed: an outlook is up to a minute old, and who acts on it is not at once. */
const SPARE_MS = 2 * 60_000;

export function makeOutlook({ region, now, local, slots, look, lectures, sizing, slotsEach, leadMs, wishes }: OutlookInput): { outlook: Outlook; wishes: Wish[] } {
  const forecast = openForecast(slots, now, local, lectures);
  const each = look.transcoders > 0 ? Math.max(1, look.slots / look.transcoders) : slotsEach;
  const own = { ...sizing, slotsEach: each };
  const count = (need: number): number => transcodersFor(need, own);
  const needAt = (at: number): number => slotsFor({ ...forecast.play(at), background: forecast.background(at) }, sizing.targetUse);

  const queued = look.queued ?? { play: 0, normal: 0, bulk: 0 };
  const present = slotsFor({ p50: look.play, p90: look.play, background: 0, queued }, sizing.targetUse);
  const ahead = untilReady(now, leadMs).map((at) => ({ at, need: needAt(at) }));
  const busiest = ahead.reduce((most, one) => (one.need > most.need ? one : most), { at: now, need: 0 });
  const wish = { at: now, transcoders: count(Math.max(present, busiest.need)) };
  const held = holdSteady(wishes, wish);
  const noted: LoadNow = { play: look.play, background: look.background, queued: queued.play + queued.normal + queued.bulk, transcoders: look.transcoders, slots: look.slots, sentMbps: mbpsOf(look.bytes) };
  const outlook: Outlook = {
    region, at: now, now: noted, desired: held.desired, basis: forecast.basis,
    why: sayWhy({ region, now: noted, desired: held.desired, wish: wish.transcoders, present, busiest, lectures, forecast, sizing: own, local, next: nextBusy(forecast, needAt, now, local) }),
    historyHours: Math.round(slots.reduce((sum, { seconds }) => sum + seconds, 0) / 360) / 10,
    forecast: pointsOf(forecast, now, (at) => count(needAt(at))),
    past: pastOf(slots, now),
  };
  return { outlook: roundAll(outlook), wishes: held.wishes };
}

/** The moments that say how many there should be: now, and the beginning of each five minutes until who is asked for now takes work. */
export function untilReady(now: number, leadMs: number): number[] {
  const next = now - (now % SLOT_MS) + SLOT_MS;
  const count = Math.floor((now + leadMs + SPARE_MS - next) / SLOT_MS) + 1;
  return [now, ...Array.from({ length: count }, (_, n) => next + n * SLOT_MS)];
}

const stepsFrom = (from: number, until: number, step: number): number[] => Array.from({ length: Math.max(1, Math.ceil((until - from) / step)) }, (_, n) => from + n * step);

/** Of a quarter of an hour the most. */
function pointsOf(forecast: Forecast, now: number, transcoders: (at: number) => number): ForecastPoint[] {
  return stepsFrom(now - (now % STEP_MS), now + AHEAD_MS, STEP_MS).map((at) => {
    const within = stepsFrom(at, at + STEP_MS, SLOT_MS);
    const bands = within.map((time) => forecast.play(time));
    return { at, p50: Math.max(...bands.map(({ p50 }) => p50)), p90: Math.max(...bands.map(({ p90 }) => p90)), transcoders: Math.max(...within.map(transcoders)) };
  });
}

function pastOf(slots: readonly LoadSlot[], now: number): PastPoint[] {
  const recent = slots.filter(({ at }) => at >= now - PAST_MS && at < now);
  return [...Map.groupBy(recent, ({ at }) => at - (at % STEP_MS))].map(([at, within]) => {
    const mean = (of: (slot: LoadSlot) => number): number => within.reduce((sum, slot) => sum + of(slot), 0) / within.length;
    return { at, play: mean(({ play }) => play), background: mean(({ background }) => background), transcoders: mean(({ transcoders }) => transcoders), sentMbps: within.some(({ bytes }) => bytes !== undefined) ? mean(({ bytes }) => mbpsOf(bytes) ?? 0) : null };
  });
}

/** The busiest moment of the next day, where it is busier than now. */
function nextBusy(forecast: Forecast, needAt: (at: number) => number, now: number, local: LocalTime): { need: number; clock: string } | undefined {
  if (forecast.basis === "none" || forecast.basis === "recent") return undefined;
  const most = stepsFrom(now, now + AHEAD_MS, SLOT_MS).map((at) => ({ at, need: needAt(at) })).reduce((a, b) => (b.need > a.need ? b : a));
  return { need: most.need, clock: local.clock(most.at) };
}

/** Three digits are enough, and make the answer half as long. */
function roundAll(outlook: Outlook): Outlook {
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  const roundOf = <T extends object>(one: T): T => Object.fromEntries(Object.entries(one).map(([name, value]: [string, unknown]) => [name, typeof value === "number" ? round(value) : value])) as T;
  return { ...outlook, now: roundOf(outlook.now), forecast: outlook.forecast.map(roundOf), past: outlook.past.map(roundOf) };
}
