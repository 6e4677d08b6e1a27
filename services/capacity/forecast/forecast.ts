/**
 * What a region's viewers will need: the usual week (`profile.ts`), as much of it as there is now (`level.ts`), a band as
 * wide as its own errors were (`band.ts`), and the lectures of a timetable where they are more than is usual. Pure.
 */
import type { Basis } from "../capacity.contract.ts";
import { SLOT_MS, type LoadSlot } from "../load/load-slot.ts";
import { openBand } from "./band.ts";
import { learnPerViewer, lectureLoad, type Lecture } from "./lectures.ts";
import { openLevel, SOON_MS } from "./level.ts";
import { WEEK_MS, type LocalTime } from "./local-time.ts";
import { openProfile, type Sample } from "./profile.ts";
import { weightedQuantile } from "./quantile.ts";

export interface Forecast {
  basis: Basis;
  /** Slots for viewers' encodes. */
  play(at: number): { p50: number; p90: number };
  /** Slots for work in the background, as it comes in. */
  background(at: number): number;
  /** What lectures ask for, of `play`. */
  lectures(at: number): number;
  perViewer: number;
}

const HOUR_MS = 3_600_000;
const RECENT_MS = HOUR_MS;
/** Whose lectures are known, of those that the usual week is made of. */
const LECTURE_WEEKS = [1, 2, 3];
/** Less than this part of what lectures ask for is not more than in other weeks. */
const NOTABLE = 0.2;
/** Whoever writes a timetable may have mistyped, or want others' money spent: it is believed up to so many times what there ever was, and to so many slots in any case. */
const BELIEVED = { times: 10, slots: 50 };

/** @param slots of before `now`, by time @param lectures also those of before, from which it learns */
export function openForecast(slots: readonly LoadSlot[], now: number, local: LocalTime, lectures: readonly Lecture[] = []): Forecast {
  const measured = slots.filter(({ at }) => at + SLOT_MS <= now + SLOT_MS / 2);
  const play = measured.map(({ at, play: value }) => ({ at, value }));
  const profile = openProfile(beforeNow(play, now), now, local);
  const level = openLevel(play, profile, now);
  const band = openBand(play, now, profile);
  const recent = play.filter(({ at }) => at >= now - RECENT_MS).map(({ value }) => ({ value, weight: 1 }));
  const latest = recent.length === 0 ? 0 : weightedQuantile(recent, 0.5);
  const perViewer = learnPerViewer(lectures.filter(({ at }) => at < now - 2 * SLOT_MS), play);
  const background = openBackground(measured, now, local);
  const mostAdded = Math.max(BELIEVED.slots, BELIEVED.times * play.reduce((most, { value }) => Math.max(most, value), 0));
  const weeksBefore = profile.basis === "weeks" ? LECTURE_WEEKS.map((weeks) => weeks * WEEK_MS).filter((ms) => (measured[0]?.at ?? now) <= now - ms) : [];

  function usual(at: number): { p50: number; p90: number } {
    const base = profile.at(at);
    if (Number.isNaN(base)) return { p50: latest, p90: latest + band(latest) };
    const factor = level.of(Math.max(0, at - now));
    const p50 = base * factor;
    // Quiet hours may be a holiday, which may end: the upper end comes down half as far as the middle, in proportion.
    const upper = factor < 1 ? Math.sqrt(factor) : factor;
    return { p50, p90: base * upper + band(base * upper) };
  }
  /**
   * What lectures of the weeks before brought is in the usual week already: only what is more than they were is added, and
   * no more than there would be beside the usual of just before they begin, for not all of those weeks' may be known.
   */
  function expected(at: number): { p50: number; p90: number; lectures: number } {
    const own = usual(at);
    const load = lectureLoad(lectures, at, perViewer);
    const more = load - meanLoad(weeksBefore.map((ms) => at - ms));
    if (more <= NOTABLE * load) return { ...own, lectures: 0 };
    const first = lectures.reduce((earliest, lecture) => (lectureLoad([lecture], at, 1) > 0 ? Math.min(earliest, lecture.at) : earliest), at);
    const added = Math.max(0, Math.min(more, mostAdded, usual(first - 2 * SLOT_MS).p50 + load - own.p50));
    const p50 = own.p50 + added;
    return { p50, p90: Math.max(own.p90, p50 + band(p50)), lectures: added };
  }
  function meanLoad(times: readonly number[]): number {
    return times.length === 0 ? 0 : times.reduce((sum, at) => sum + lectureLoad(lectures, at, perViewer), 0) / times.length;
  }
  return {
    basis: profile.basis === "none" ? (recent.length === 0 ? "none" : "recent") : profile.basis,
    play: (at) => { const { p50, p90 } = expected(at); return { p50, p90 }; },
    lectures: (at) => expected(at).lectures,
    background,
    perViewer,
  };
}

/** What is usual is asked of the weeks and days before: the last hours say the level, and would count twice. */
const beforeNow = (samples: readonly Sample[], now: number): Sample[] => samples.filter(({ at }) => at < now - SOON_MS);

/** Work that came: what was done and what the queue grew by. It may wait, so hours count and not minutes. */
function openBackground(slots: readonly LoadSlot[], now: number, local: LocalTime): (at: number) => number {
  const queued = (slot: LoadSlot): number => slot.queuedPlay + slot.queuedNormal; // bulk waits for room
  const came = slots.map((slot, n): Sample => {
    const before = slots[n - 1];
    const grown = before === undefined || before.at !== slot.at - SLOT_MS ? 0 : (queued(slot) - queued(before)) / (SLOT_MS / 1000);
    return { at: slot.at, value: Math.max(0, slot.background + grown) };
  });
  const profile = openProfile(beforeNow(came, now), now, local);
  const recent = came.filter(({ at }) => at >= now - RECENT_MS);
  const latest = recent.length === 0 ? 0 : recent.reduce((sum, { value }) => sum + value, 0) / recent.length;
  const level = openLevel(came, profile, now);
  return (at) => {
    const usual = profile.at(at);
    return Number.isNaN(usual) ? latest : usual * level.of(Math.max(0, at - now));
  };
}
