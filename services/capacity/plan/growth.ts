/** What grows with users, and what with videos. Pure. */
import { weightedQuantile } from "../forecast/quantile.ts";
import type { LoadSlot } from "../load/load-slot.ts";

/**
 * Encodes grow by this power of the users where these watch the same videos: a segment is made once, whoever asks. Of a
 * term of the viewing trace (docs/viewing-trace.md), 3,000 views and 30,000 of the same videos.
 */
export const SAME_VIDEOS = 0.6;

/** How many times today's users, and today's new videos. */
export interface Times { users: number; videos: number }
export interface Growth {
  /** Times as much is sent. */
  sent: number;
  /** Of viewers' encodes: each video's grow by the power of its own viewers. */
  play: number;
  /** Of work in the background. */
  background: number;
  /** Of what is written and fetched: both kinds of work, as much of each as there is today. */
  made: number;
}

export function growthOf({ users, videos }: Times, slots: readonly LoadSlot[]): Growth {
  const play = videos * (users / videos) ** SAME_VIDEOS;
  const share = playShare(slots);
  return { sent: users, play, background: videos, made: share * play + (1 - share) * videos };
}

/** Of all work the part that viewers asked for. 1 where there was none: then nothing is made ahead. */
export function playShare(slots: readonly LoadSlot[]): number {
  const [play, background] = [sumOf(slots, (slot) => slot.play), sumOf(slots, (slot) => slot.background)];
  return play + background > 0 ? play / (play + background) : 1;
}

/** Slots of viewers' encodes at the busiest, and of the background when there is much of it. 0 without history. */
export function busiestOf(slots: readonly LoadSlot[], known: { now: number; expected: readonly number[] }): { play: number; background: number } {
  const quantile = (of: (slot: LoadSlot) => number, share: number): number => {
    const found = weightedQuantile(slots.map((slot) => ({ value: of(slot), weight: slot.seconds })), share);
    return Number.isNaN(found) ? 0 : found;
  };
  return { play: Math.max(quantile(({ play }) => play, 0.99), known.now, ...known.expected), background: quantile(({ background }) => background, 0.75) };
}

/** Weighted by the seconds that were measured. */
export const sumOf = (slots: readonly LoadSlot[], of: (slot: LoadSlot) => number): number => slots.reduce((sum, slot) => sum + of(slot) * slot.seconds, 0);
