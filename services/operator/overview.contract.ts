/** What who is on duty sees of the whole mesh in one look, put together every few seconds while somebody looks. */
import type { TenantLoad, QueueLane } from "../../mixins/work-queue/work-queue.contract.ts";
import type { RunningEncode } from "../node/node.contract.ts";
import type { QueueReport } from "../scheduler/scheduler.contract.ts";
import type { NodeCondition } from "./operator.contract.ts";

/** Whether learners wait. `warning`: not yet, or not all of them know it. `sentence` answers in words; `causes` say why, the worst first. */
export interface Verdict { level: "good" | "warning" | "bad"; sentence: string; causes: Cause[] }
/** `code` has few values; `message` is a sentence; `hint`: what helps, where that is known. */
export interface Cause { level: "warning" | "bad"; code: string; message: string; hint?: string }

/** `silent`: the mesh counts it in, but nothing was heard of it lately. */
export type ShownCondition = NodeCondition | "silent";
export interface OverviewNode {
  id: string;
  state: ShownCondition;
  reasons: string[];
  services: string[];
  /** ISO 8601: when the state was last another. */
  since?: string;
  uptimeSec?: number;
  /** Shares from 0 to 1: of its own processes of all cores of its machine, of everything there, of the event loop's time. */
  cpu?: number;
  machineCpu?: number;
  loop?: number;
  /** Of FFmpeg, where it transcodes. `play` and `background`: in use. */
  slots?: { total: number; play: number; background: number; waiting: number };
  /** Work that a drain waits for, by kind. */
  running?: Record<string, number>;
  /** How old what is said of state and encodes is; absent: it has said nothing yet. */
  ageMs?: number;
}
export interface OverviewRegion {
  /** Empty where nodes name none. */
  name: string;
  nodes: OverviewNode[];
  /** How many there are, also those that are left out. */
  count: number;
  accepting: number;
  dark?: boolean;
  lagMs?: number;
}
/** A region's queue; of a mesh with one queue the region is absent. */
export interface OverviewQueue {
  region?: string;
  /** Its lanes can be paused here. */
  own: boolean;
  lanes: Record<QueueLane, QueueReport["lanes"][QueueLane]>;
  tenants: (TenantLoad & { tenant: string })[];
}
export interface OverviewEncode extends RunningEncode { node: string }

/** Ten seconds of the whole mesh. `at`: their end, ms since 1970. Rates are a second's. */
export interface Step {
  at: number;
  cacheMemory: number; cacheRedis: number; cacheStore: number; cacheMade: number;
  originBytes: number; nearBytes: number; sentBytes: number;
  /** Answers for segments, and of them those that failed. */
  segments: number; segmentFaults: number;
  /** Chunks in the lanes at the end. */
  waitPlay: number; waitNormal: number; waitBulk: number;
  /** 95 of 100 were answered within; absent: none was asked for. Infinity is said as -1: beyond what is measured. */
  segmentP95Ms?: number;
}
/** From a learner's request for a video's first segment to its first byte, each time that one begins, of the last ten minutes. */
export interface FirstPlays { count: number; p50Ms?: number; p95Ms?: number }
/** Of the last minute. `stalls`: how often playing stood still, as far as players report it. */
export interface SegmentAnswers { count: number; faults: number; stalls: number; p50Ms?: number; p95Ms?: number }

export interface Overview {
  /** ISO 8601. */
  at: string;
  verdict: Verdict;
  regions: OverviewRegion[];
  queues: OverviewQueue[];
  /** Why there are no queues, where they cannot be seen. */
  queueFault?: string;
  encodes: OverviewEncode[];
  /** How many there are, also those that are left out. */
  encodeCount: number;
  firstPlays: FirstPlays;
  segments: SegmentAnswers;
  /** Nodes that were asked and those that answered lately: what the figures are of. */
  asked: { nodes: number; answered: number };
}
/** Of `operator.overview`: the steps after this, ms since 1970; absent: all of the last twenty minutes. */
export interface OverviewParams { after?: number }
export interface OverviewAnswer { overview: Overview; steps: Step[] }
