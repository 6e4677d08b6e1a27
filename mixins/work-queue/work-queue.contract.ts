/** What the queue's callers see of it. */

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
  data: Data;
}

/** The right to do a job until it ends by itself; `token` is greater than those of all earlier leases. */
export interface Lease<Data> { id: string; token: string; data: Data; attempts: number }

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
  /** Of its last failure. */
  message?: string;
  code?: string;
}

/** `failed`: set aside after as many attempts as it has. */
export type QueueCounts = Record<QueueLane, { waiting: number; active: number; failed: number; paused: boolean }>;
/** `cost` of what waits. */
export interface TenantLoad { waiting: number; cost: number; running: number }
