/**
 * What kind of picture a video is, decided from a look at a handful of its moments. The profile tunes how segments are
 * encoded from then on (`media/ffmpeg/tuning.ts`); it never changes what a plan promises. Pure.
 */
import type { Moment } from "./moment.ts";

export const PROFILES = ["slides", "screencast", "camera", "animation", "film"] as const;
export type Profile = (typeof PROFILES)[number];

/** Of the moments: the middle one of each figure, so that a title or one film clip in a lecture does not decide. */
export interface Features {
  flat: number;
  edged: number;
  moving: number;
  tones: number;
  /** 0 for a single moment: nothing is known to have changed. */
  changed: number;
}

/** `videos/<id>/profile.json`: written once, by whoever looks first. */
export interface ContentProfile { version: 1; profile: Profile; /** Why, in words with the figures that decided. */ reasons: string[]; features: Features }

interface Rule {
  profile: Profile;
  conditions: readonly { figure: keyof Features; least?: number; most?: number; means: string }[];
}

/**
 * The first rule that holds decides; none: `camera`, whose tuning takes nothing for granted. The bounds lie in the gaps
 * between what was measured, the lectures of `../shared/media` and clips made by FFmpeg: see the test beside.
 */
const RULES: readonly Rule[] = [
  { profile: "slides", conditions: [
    { figure: "edged", least: 0.06, means: "print" },
    { figure: "tones", least: 0.7, means: "on paper" },
    { figure: "moving", most: 0.15, means: "that stands still" },
  ] },
  { profile: "screencast", conditions: [ // print that scrolls
    { figure: "edged", least: 0.06, means: "print" },
    { figure: "tones", least: 0.7, means: "on paper" },
  ] },
  { profile: "screencast", conditions: [ // windows
    { figure: "edged", least: 0.06, means: "print" },
    { figure: "flat", least: 0.2, means: "on even areas" },
    { figure: "moving", most: 0.1, means: "that stand still" },
  ] },
  { profile: "animation", conditions: [
    { figure: "flat", least: 0.5, means: "even areas" },
    { figure: "tones", least: 0.45, means: "in few shades" },
  ] },
  { profile: "film", conditions: [
    { figure: "changed", least: 0.4, means: "scenes that change" },
  ] },
];

/** At least one moment. */
export function profileOf(moments: readonly Moment[]): ContentProfile {
  const features = featuresOf(moments);
  const rule = RULES.find(({ conditions }) => conditions.every(({ figure, least = 0, most = 1 }) => features[figure] >= least && features[figure] <= most));
  const reasons = rule === undefined
    ? ["neither print, nor even areas in few shades, nor scenes that change"]
    : rule.conditions.map(({ figure, least, most, means }) => `${means}: ${figure} ${features[figure]} ${least === undefined ? `≤ ${most ?? 1}` : `≥ ${least}`}`);
  return { version: 1, profile: rule?.profile ?? "camera", reasons, features };
}

function featuresOf(moments: readonly Moment[]): Features {
  const middle = (figure: keyof Features): number => median(moments.flatMap((moment) => moment[figure] ?? []));
  return { flat: middle("flat"), edged: middle("edged"), moving: middle("moving"), tones: middle("tones"), changed: middle("changed") };
}

/** To three places, so that a profile reads well; 0 of nothing. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const middle = ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? sorted[0] ?? 0)) / 2;
  return Math.round(middle * 1000) / 1000;
}

/** What an object says that this wrote; undefined for anything else. */
export function parseContentProfile(text: string): ContentProfile | undefined {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("profile" in value)) return undefined;
  return PROFILES.some((profile) => profile === value.profile) ? (value as ContentProfile) : undefined;
}
