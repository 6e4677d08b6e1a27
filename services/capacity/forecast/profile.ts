/**
 * The usual week of a series, robust to weeks that were not usual: of each five minutes the median over the weeks before,
 * those next to it counting half, younger weeks more. Weeks in which hardly anything happened (holidays) have no say in
 * what is usual; how much of the usual there is now says the level (`level.ts`).
 */
import { weightedQuantile, type Weighed } from "./quantile.ts";
import { SLOTS_A_WEEK, WEEK_MS, type LocalTime } from "./local-time.ts";
import { SLOT_MS } from "../load/load-slot.ts";

/** A measured value of a series. */
export interface Sample { at: number; value: number }

/** A week with less than this part of what the busiest weeks have is no week to go by. */
const DEAD = 0.2;
const BUSY = 0.9;
/** What the week before counts, of what the one after it does. */
const OLDER = 0.85;
/** What slots next to it count. */
const BESIDE = 0.5;
const SLOTS_A_DAY = SLOTS_A_WEEK / 7;
/** Of the same day, then. */
const ABOUT_MS = 12 * 3_600_000;
/** A week of which less was measured does not say what a busy one is. */
const MIN_COVER = 0.2;

interface Counted extends Sample, Weighed {}
export type ProfileBasis = "weeks" | "days" | "none";

export interface Profile {
  basis: ProfileBasis;
  /** NaN where there is nothing to go by. */
  at(time: number): number;
  /** What `at` would say had the hours about that moment not been measured, to put what was measured beside it. */
  unseen(time: number): number;
}

/** @param samples of before `now`, by time @param now ms since 1970 */
export function openProfile(samples: readonly Sample[], now: number, local: LocalTime): Profile {
  const weekOf = (at: number): number => Math.floor((now - 1 - at) / WEEK_MS);
  const dead = findDeadWeeks(samples, weekOf);
  const bySlot = new Map<number, Counted[]>();
  const byTime = new Map<number, Counted[]>();
  let weeks = 0;
  for (const { at, value } of samples) {
    const week = weekOf(at);
    if (dead.has(week)) continue;
    weeks = Math.max(weeks, week + 1);
    const slot = local.weekSlot(at);
    const sample = { at, value, weight: OLDER ** week };
    push(bySlot, slot, sample);
    push(byTime, slot % SLOTS_A_DAY, sample);
  }
  const basis = weeks > 1 ? "weeks" : samples.length >= SLOTS_A_DAY ? "days" : "none";
  const ofWeek = remember((slot) => around(bySlot, slot, SLOTS_A_WEEK));
  const ofDay = remember((time) => around(byTime, time, SLOTS_A_DAY));
  /** One week has no median of its own: beside it stand the other days at that time, as far as they go. */
  function measure(slot: number, counts: (sample: Counted) => boolean): number {
    const near = ofWeek(slot).filter(counts);
    return weightedQuantile(near.length > 0 ? near : ofDay(slot % SLOTS_A_DAY).filter(counts), 0.5);
  }
  const usual = remember((slot) => measure(slot, () => true));
  return {
    basis,
    at: (time) => (basis === "none" ? Number.NaN : usual(local.weekSlot(time))),
    unseen: (time) => (basis === "none" ? Number.NaN : measure(local.weekSlot(time), ({ at }) => Math.abs(at - time) > ABOUT_MS)),
  };
}

/** By their values, which makes it quick to ask for a part of them. */
function around(samples: ReadonlyMap<number, readonly Counted[]>, slot: number, count: number): Counted[] {
  const beside = [-1, 1].flatMap((step) => samples.get((slot + step + count) % count) ?? []).map((sample) => ({ ...sample, weight: sample.weight * BESIDE }));
  return [...(samples.get(slot) ?? []), ...beside].toSorted((a, b) => a.value - b.value);
}

function remember<Value>(make: (key: number) => Value): (key: number) => Value {
  const known = new Map<number, Value>();
  return (key) => {
    if (!known.has(key)) known.set(key, make(key));
    return known.get(key) as Value;
  };
}

function push(map: Map<number, Counted[]>, key: number, sample: Counted): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [sample]);
  else list.push(sample);
}

/** By how many weeks ago they were. */
function findDeadWeeks(samples: readonly Sample[], weekOf: (at: number) => number): ReadonlySet<number> {
  const sums = new Map<number, { value: number; count: number }>();
  for (const { at, value } of samples) {
    const sum = sums.get(weekOf(at)) ?? { value: 0, count: 0 };
    sums.set(weekOf(at), { value: sum.value + value, count: sum.count + 1 });
  }
  const means = [...sums].map(([week, { value, count }]) => ({ week, mean: value / count, isWhole: count * SLOT_MS >= MIN_COVER * WEEK_MS }));
  const busy = weightedQuantile(means.filter(({ isWhole }) => isWhole).map(({ mean }) => ({ value: mean, weight: 1 })), BUSY); // NaN: nothing is dead
  return new Set(means.filter(({ mean }) => mean < DEAD * busy).map(({ week }) => week));
}
