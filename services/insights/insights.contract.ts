/** What others may say to `insights`, and what it announces of those who watch. */

/** Where a report comes from: it makes a pseudonym of the day, and is kept nowhere. */
export interface ReportOrigin {
  /** The address, of an IPv6 one its network. */
  household: string;
  /** The browser's name of itself; its first 200 characters. */
  agent: string;
}
/** `report` as a player sent it, a `UsageReport` when it is good. `quiet`: the browser asks not to be followed (`Sec-GPC`, `DNT`). */
export interface ReportParams { id: string; report: Record<string, unknown>; origin: ReportOrigin; quiet?: boolean }

/** Payload of `view.moved`, to one of each kind of service: somebody begins to watch a video. May be lost, and may come twice. */
export interface ViewMoved {
  tenant: string;
  /** The label `course` of the video that is begun. */
  course?: string;
  /** What the same browser watched before, within hours; of the same tenant. */
  fromVideoId?: string;
  toVideoId: string;
  /** ms since 1970. */
  at: number;
}

/** Payload of `view.progressed`, to one of each kind of service: where somebody is in a video. A node says so a hundred times a second at most. */
export interface ViewProgressed {
  videoId: string;
  /** Media seconds. */
  position: number;
  /** Of playback: 1 is as recorded. */
  rate: number;
}

/** Days in UTC, as in 2026-11-26, both included. */
export interface DayRange { from: string; to: string }
/** Absent: thirty days until today. */
export type AskedDays = Partial<DayRange>;
export interface VideoUsageParams extends AskedDays { id: string }
/** `tenant` absent: the caller's, else the default one. `course`: only videos with this label. `limit`: videos that are named. */
export interface UsageParams extends AskedDays { tenant?: string; course?: string; limit?: number }

/** A view: one load of a page that watched five seconds, or half of a shorter video. `viewers` are counted anew each day. */
export interface UsageTotals { views: number; viewers: number; watchSec: number; completions: number }
export interface QualityView {
  /** Pictures that came after a press of play, and how long that took on the mean. */
  startups: number;
  startupMs?: number;
  startupWithin: { ms: number; count: number }[];
  stalls: number;
  stallSec: number;
  /** Of media that was watched. */
  stallsPerHour?: number;
  switchesUp: number;
  switchesDown: number;
}
export interface VideoUsage extends DayRange {
  id: string;
  title?: string;
  course?: string;
  durationSec: number;
  /** Of `heat` and `retention`. */
  bucketSec: number;
  totals: UsageTotals;
  days: (UsageTotals & { day: string })[];
  pauses: number;
  /** How often each part was played. These three are absent unless on one day as many watched as the setting says: then `tooFew`. */
  heat?: number[];
  /** Of those who watched, which share played some of each part: 0 to 1. */
  retention?: number[];
  /** The most frequent first; a twentieth of the video is one place. */
  seeks?: { fromSec: number; toSec: number; count: number }[];
  tooFew?: true;
  quality: QualityView;
}
export interface RankedVideo extends UsageTotals { id: string; title?: string; course?: string; durationSec?: number }
/** The most watched first. `more`: there are others, whose counts are in `totals`; `partial`: there are so many that not all were looked at. */
export interface UsageAnswer extends DayRange { tenant: string; course?: string; totals: UsageTotals; videos: RankedVideo[]; more?: true; partial?: true }
