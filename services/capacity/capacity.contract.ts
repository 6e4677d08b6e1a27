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
  /** Mbit/s that gateways sent; null: not counted. */
  sentMbps: number | null;
}
export interface LoadNow {
  play: number;
  background: number;
  /** Slot-seconds of work that waits in the queue. */
  queued: number;
  transcoders: number;
  slots: number;
  /** Mbit/s that gateways send; null: not counted. */
  sentMbps: number | null;
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

/** `factor`: how many times today's users; `videos`: how many times today's new videos, 1 where it is absent. */
export interface PlanParams { factor: number; videos?: number }

/** What a region takes, of one size. null: not known. A month has 730 hours. */
export interface Needs {
  /** At the busiest, and hours of them a month where there are always as many as are needed. */
  transcoders: number;
  transcoderHours: number | null;
  /** Nodes with a gateway, at the busiest. */
  gateways: number | null;
  /** Of the busiest five minutes, Mbit/s sent. */
  peakMbps: number | null;
  /** Bytes a month: sent to viewers, received from origins. */
  egressBytes: number | null;
  fetchedBytes: number | null;
  /** Bytes that a month adds to the store, and that it will hold in a year. */
  storedGrowthBytes: number | null;
  storedYearBytes: number | null;
  /** null: no prices are set. */
  costs: Costs | null;
}
/** Of a month. null: there is no price, or it is not known how much there is of it; it is not in the total. */
export interface Costs {
  transcoders: number | null;
  gateways: number | null;
  egress: number | null;
  stored: number | null;
  fetched: number | null;
  total: number;
}
export interface RegionNeeds {
  /** Hours of the last four weeks in which bytes were counted. */
  measuredHours: number;
  /** What the store held when it was counted last; null: it was not yet. */
  stored: { at: number; bytes: number; objects: number } | null;
  /** As in EUR; null: none is set. */
  currency: string | null;
  today: Needs;
  planned: Needs;
  /** What it rests on, in sentences. */
  assumptions: string[];
}
/** Of a region, at its busiest. `slots`: the p99 of the five minutes of the last four weeks, or of the forecast where that is more. */
export interface RegionPlan {
  region: string;
  basis: Basis;
  slotsPerTranscoder: number;
  busiest: { slots: number; transcoders: number };
  /** Where there is as much more to watch as there are users; where as many more users watch the same videos. */
  grown: { slots: number; transcoders: number };
  sameVideos: { slots: number; transcoders: number };
  /** All that it takes, today and with so many times the users and new videos. */
  needs: RegionNeeds;
}

/** Of each region that has an answer, by name; `missing`: those that have none. */
export interface CapacityAnswer { regions: Outlook[]; missing: string[] }
export interface PlanAnswer { factor: number; videos: number; regions: RegionPlan[]; missing: string[] }

/** Of what `GET /v1/capacity/plan` takes. */
export const FACTOR = { min: 0.01, max: 10_000 } as const;
