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
/** A week of which less was measured does not say what a busy one is. */
const MIN_COVER = 0.2;

export type ProfileBasis = "weeks" | "days" | "none";

export interface Profile {
  basis: ProfileBasis;
  /** NaN where there is nothing to go by. */
  at(time: number): number;
}

/** @param samples of before `now`, by time @param now ms since 1970 */
export function openProfile(samples: readonly Sample[], now: number, local: LocalTime): Profile {
  const weekOf = (at: number): number => Math.floor((now - 1 - at) / WEEK_MS);
  const dead = findDeadWeeks(samples, weekOf);
  const bySlot = new Map<number, Weighed[]>();
  const byTime = new Map<number, Weighed[]>();
  let weeks = 0;
  for (const { at, value } of samples) {
    const week = weekOf(at);
    if (dead.has(week)) continue;
    weeks = Math.max(weeks, week + 1);
    const slot = local.weekSlot(at);
    const sample = { value, weight: OLDER ** week };
    push(bySlot, slot, sample);
    push(byTime, slot % SLOTS_A_DAY, sample);
  }
  const known = new Map<number, number>();
  function look(slot: number): number {
    const found = known.get(slot) ?? measure(slot);
    known.set(slot, found);
    return found;
  }
  function measure(slot: number): number {
    const near = around(bySlot, slot, SLOTS_A_WEEK);
    // One week has no median of its own: beside it stand the other days at that time, as far as they go.
    return weightedQuantile(near.length > 0 ? near : around(byTime, slot % SLOTS_A_DAY, SLOTS_A_DAY), 0.5);
  }
  const basis = weeks > 1 ? "weeks" : samples.length >= SLOTS_A_DAY ? "days" : "none";
  return { basis, at: (time) => (basis === "none" ? Number.NaN : look(local.weekSlot(time))) };
}

function around(samples: ReadonlyMap<number, readonly Weighed[]>, slot: number, count: number): Weighed[] {
  const beside = [-1, 1].flatMap((step) => samples.get((slot + step + count) % count) ?? []).map(({ value, weight }) => ({ value, weight: weight * BESIDE }));
  return [...(samples.get(slot) ?? []), ...beside];
}

function push(map: Map<number, Weighed[]>, key: number, sample: Weighed): void {
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
