/** What the queue's callers see of it. */

import type { Cause } from "../../config/tracing/span.ts";

/** `play` is for viewers, and has its own room on every node; `normal` and `bulk` share the background. */
export const QUEUE_LANES = ["play", "normal", "bulk"] as const;
export type QueueLane = (typeof QUEUE_LANES)[number];
/** What a node's room is for. */
export type WorkClass = "play" | "background";

export interface NewJob<Data> {
  /** Names the work: known work is not added again. */
  id: string;
  lane: QueueLane;
  tenant: string;
  /** What is cancelled together: a video. */
  group: string;
  /** Smaller first, 1 to 2^21 - 1. */
  priority: number;
  /** How much work it is, > 0, on one scale for all jobs. */
  cost: number;
  /** Nobody wants it when it has waited this long. */
  lateMs?: number;
  /** Its group is done without it: it is left out of the group's story. */
  aside?: boolean;
  data: Data;
}

/** The right to do a job until it ends by itself; `token` is greater than those of all earlier leases. */
export interface Lease<Data> { id: string; token: string; data: Data; attempts: number; /** The request that it goes back to. */ cause?: Cause; /** ms since 1970. */ addedAt: number; lane: QueueLane; /** Since it was added. */ waitedMs: number }

export type JobState = "waiting" | "active" | "delayed" | "dead";
export interface JobView<Data> {
  id: string;
  lane: QueueLane;
  tenant: string;
  group: string;
  state: JobState;
  data: Data;
  cost: number;
  /** ms since 1970. */
  addedAt: number;
  attempts: number;
  /** How often a node that ran it died. */
  stalls: number;
  /** Nodes that run it: two where one was slow. `since` in ms since 1970, `progress` from 0 to 1. */
  runners: { owner: string; since: number; progress: number }[];
  /** The request that it goes back to. */
  cause?: string;
  /** Of its last failure. */
  message?: string;
  code?: string;
}

/** `failed`: set aside after as many attempts as it has. */
export type QueueCounts = Record<QueueLane, { waiting: number; active: number; failed: number; paused: boolean }>;
/** `cost` of what waits. */
export interface TenantLoad { waiting: number; cost: number; running: number }

/**
 * What became of a group's work so far. Its time is split: `activeMs` while something of it ran, else `waitingMs` while
 * something waited, else `delayedMs` while all that was left paused before another attempt.
 */
export interface GroupStory {
  /** ms since 1970: when its first work came. */
  queuedAt: number;
  /** Of its first work, and how many jobs waited there then. */
  lane: QueueLane;
  ahead: number;
  activeMs: number;
  waitingMs: number;
  delayedMs: number;
  /** Of its jobs now. */
  now: { active: number; waiting: number; delayed: number };
  taken: number;
  completed: number;
  /** Attempts that failed; leases that ended because their node died or stood still. */
  failures: number;
  stalls: number;
  /** ms of work by node, most first. */
  spent: { owner: string; ms: number }[];
}
