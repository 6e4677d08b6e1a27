/** What others may ask `capacity`. Loads are in slots: room for one FFmpeg on a node. Times are ms since 1970. */

/** A part of the forecast: what viewers' encodes will need, and the transcoders for that. */
export interface ForecastPoint {
  /** When it begins; the next one is its end. */
  at: number;
  /** Half of the time it is less; nine times of ten. */
  p50: number;
  p90: number;
  transcoders: number;
}
/** A past part, as measured. */
export interface PastPoint {
  at: number;
  /** Mean of what viewers' encodes used or waited for, and what the background used. */
  play: number;
  background: number;
  transcoders: number;
}
export interface LoadNow {
  play: number;
  background: number;
  /** Slot-seconds of work that waits in the queue. */
  queued: number;
  transcoders: number;
  slots: number;
}
/** What the forecast rests on: weeks before, the last hours alone, or nothing. */
export type Basis = "weeks" | "days" | "recent" | "none";

export interface Outlook {
  region: string;
  /** When it was made. */
  at: number;
  now: LoadNow;
  /** How many transcoders the region should have now. */
  desired: number;
  /** In a sentence, and what asked for the most. */
  why: string;
  basis: Basis;
  /** Hours of history that were measured. */
  historyHours: number;
  forecast: ForecastPoint[];
  past: PastPoint[];
}

/** `factor`: how many times today's work. */
export interface PlanParams { factor: number }
/** Of a region, at its busiest. `slots`: the p99 of the five minutes of the last four weeks, or of the forecast where that is more. */
export interface RegionPlan {
  region: string;
  basis: Basis;
  slotsPerTranscoder: number;
  busiest: { slots: number; transcoders: number };
  /** Where there is as much more to watch as there are users; where as many more users watch the same videos. */
  grown: { slots: number; transcoders: number };
  sameVideos: { slots: number; transcoders: number };
}

/** Of each region that has an answer, by name; `missing`: those that have none. */
export interface CapacityAnswer { regions: Outlook[]; missing: string[] }
export interface PlanAnswer { factor: number; regions: RegionPlan[]; missing: string[] }

/** Of what `GET /v1/capacity/plan` takes. */
export const FACTOR = { min: 0.01, max: 10_000 } as const;
