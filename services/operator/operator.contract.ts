/**
 * What operators may ask of the mesh: each command once, with its argument, its HTTP form and its answer. The REPL, the
 * gateway and `npm run ctl` are made from this table; the action of a command is `operator.<name>`.
 */
import type { ErrorCode } from "../../config/errors.ts";
import type { KeptWhy, SpanKind, Tags } from "../../config/tracing/span.ts";
import { QUEUE_LANES, type JobState, type JobView, type QueueCounts, type QueueLane } from "../../mixins/work-queue/work-queue.contract.ts";
import type { QueueReport } from "../scheduler/scheduler.contract.ts";
import type { ChunkParams } from "../transcoder/transcoder.contract.ts";
import type { Progress, Reason, VideoStatus } from "../videos/videos.contract.ts";

/** `pattern` is of the whole argument; what does not match is refused with `code` and `message`. */
export interface Argument { pattern: string; says: string; code: ErrorCode; message: string }
export const ARGUMENTS = {
  node: { pattern: "^[^\\x00-\\x1f\\x7f]{1,200}$", says: "a node's id", code: "node_not_found", message: "There is no such node." },
  id: { pattern: "^[0-9a-z]{26}$", says: "a video's id", code: "video_not_found", message: "There is no such video." },
  request: { pattern: "^[A-Za-z0-9._-]{1,64}$", says: "a request's id, as in X-Request-Id", code: "trace_not_found", message: "There is no trace of this request." },
  lane: { pattern: `^(${QUEUE_LANES.join("|")})$`, says: QUEUE_LANES.join(", "), code: "bad_request", message: `lane must be one of ${QUEUE_LANES.join(", ")}.` },
} as const satisfies Record<string, Argument>;
export type ArgumentName = keyof typeof ARGUMENTS;

/** `path` has the argument as `:name`. `operation`: its name in the OpenAPI document. `does`: for people, also in help. */
export interface Command { argument?: ArgumentName; method: "GET" | "POST"; path: string; operation: string; does: string }
export const COMMANDS = {
  nodes: { method: "GET", path: "/v1/nodes", operation: "listNodes", does: "Nodes of the mesh: state, load, slots, versions" },
  regions: { method: "GET", path: "/v1/nodes/regions", operation: "listNodesByRegion", does: "Regions of the mesh and their nodes" },
  queue: { method: "GET", path: "/v1/queue", operation: "getQueue", does: "Work that waits: lanes, tenants, pace" },
  dead: { method: "GET", path: "/v1/queue/dead", operation: "listDeadJobs", does: "Work that was set aside, and why" },
  video: { argument: "id", method: "GET", path: "/v1/videos/:id/jobs", operation: "listVideoJobs", does: "How far a video is, and its work in the queue" },
  why: { argument: "id", method: "GET", path: "/v1/videos/:id/why", operation: "explainVideo", does: "Where a video's time went" },
  trace: { argument: "request", method: "GET", path: "/v1/traces/:request", operation: "getTrace", does: "Where a request's time went, on all nodes" },
  retry: { argument: "id", method: "POST", path: "/v1/videos/:id/retry", operation: "retryVideo", does: "Give a video that failed another chance" },
  cancel: { argument: "id", method: "POST", path: "/v1/videos/:id/cancel", operation: "cancelVideo", does: "End a video's work; what is made plays on" },
  drain: { argument: "node", method: "POST", path: "/v1/nodes/:node/drain", operation: "drainNode", does: "Give a node no new work" },
  undrain: { argument: "node", method: "POST", path: "/v1/nodes/:node/undrain", operation: "undrainNode", does: "Give a node work again" },
  pause: { argument: "lane", method: "POST", path: "/v1/queue/:lane/pause", operation: "pauseLane", does: "Hand out nothing of a lane" },
  resume: { argument: "lane", method: "POST", path: "/v1/queue/:lane/resume", operation: "resumeLane", does: "Let a lane go on" },
} as const satisfies Record<string, Command>;
export type CommandName = keyof typeof COMMANDS;

/** What each command answers, as JSON over HTTP too. */
export interface Answers {
  nodes: { nodes: NodeRow[] };
  regions: { regions: RegionRow[] };
  queue: QueueReport;
  dead: { total: number; /** The latest hundred. */ jobs: Job[] };
  video: VideoJobs;
  why: Why;
  trace: Trace;
  retry: VideoStep;
  cancel: VideoStep;
  drain: NodeStep;
  undrain: NodeStep;
  pause: LaneStep;
  resume: LaneStep;
}
export type Job = JobView<ChunkParams>;
export type AnyAnswer = Answers[CommandName];

/** As the node itself says (`node.state`); `unknown`: it says nothing of it; `away`: the mesh does not hear of it any more. */
export type NodeCondition = "active" | "draining" | "drained" | "quarantined" | "unknown" | "away";
export interface NodeStanding {
  state: NodeCondition;
  reasons: { code: string; message: string }[];
  /** ISO 8601: when the state was last another. */
  since?: string;
  /** Work that a drain waits for, by kind. */
  running?: Record<string, number>;
}
export interface NodeRow extends NodeStanding {
  id: string;
  region: string | null;
  services: string[];
  available: boolean;
  host: string | null;
  cpuPercent: number | null;
  /** Whether it answers HTTP. */
  gateway: boolean;
  uptimeSec?: number;
  /** Of a node that transcodes. `play` and `background`: in use. */
  slots?: { total: number; play: number; background: number; waiting: number };
  versions: { node?: string; moleculer?: string; protocol?: number };
}
/** What is known beyond the first three comes from the mesh's regions, where it has several. */
export interface RegionRow {
  name: string;
  nodes: number;
  /** Of them those that may be given work, or do not say. */
  accepting: number;
  own?: boolean;
  url?: string;
  dark?: boolean;
  latencyMs?: number;
  lagMs?: number;
}
export interface VideoJobs {
  id: string;
  status: VideoStatus;
  progress?: Progress;
  reasons?: Reason[];
  /** How many of its jobs there are in the queue. */
  counts: Record<JobState, number>;
  /** Those that run, were set aside or wait for another attempt, then what comes next; 200 at most. */
  jobs: Job[];
}
/** A step of a request; `depth`: how many it is within. */
export interface TraceSpan {
  id: string;
  parentId?: string;
  name: string;
  kind: SpanKind;
  node: string;
  depth: number;
  sinceStartMs: number;
  durationMs: number;
  tags: Tags;
  /** Its error's code, where it failed. */
  error?: string;
}
export interface Trace {
  requestId: string;
  /** As a collector has it. */
  traceId: string;
  /** Why it is kept; null: it is one of the latest, and may be gone in a moment. */
  why: KeptWhy | null;
  at: string;
  durationMs: number;
  /** In the order in which they began, each followed by what it is made of. */
  spans: TraceSpan[];
  /** Spans that found no room. */
  lost: number;
  /** Of work in the background: the request that it goes back to; and the other way round. */
  cause?: string;
  caused: string[];
  /** Nodes that did not answer: what they did is missing. */
  silent: string[];
}
export interface VideoStep { id: string; status: VideoStatus }
export interface NodeStep extends NodeStanding { id: string }
export type LaneStep = { lane: QueueLane } & QueueCounts[QueueLane];

/** A moment in a video's life; `afterMs` the one before. */
export interface WhyStep { name: string; at: string; sinceStartMs: number; afterMs: number }
export type WhyPartName = "validating" | "planning" | "waiting" | "making" | "delayed" | "other" | "unknown";
export interface WhyPart { name: WhyPartName; ms: number; /** Of the whole, 0 to 1. */ share: number }
/** Where a video's time went. `parts` add up to `totalMs`, and leave out those that took none. */
export interface Why {
  id: string;
  status: VideoStatus;
  /** From its submission to its end, or until now. */
  totalMs: number;
  sentence: string;
  steps: WhyStep[];
  parts: WhyPart[];
  /** Of its work in the queue, all of it since the submission; absent when the queue knows none. */
  queue?: { lane: QueueLane; ahead: number; paused: boolean; waiting: number; active: number; taken: number; completed: number; failures: number; stalls: number; nodes: { node: string; ms: number }[] };
}
