import type { QueueLane } from "../../mixins/work-queue/work-queue.contract.ts";

/** Payload of `segment.watched`: a viewer got this segment, and will want the next ones. */
export interface SegmentWatched { videoId: string; rendition: string; segment: number }
export interface LaneParams { lane: QueueLane }
export interface AdmitParams { tenant: string }
/** Asks for work that was set aside, at most `limit`. */
export interface DeadParams { limit?: number }
/** Says that a chunk failed as often as it may. */
export interface PoisonParams { videoId: string; renditions: string[]; first: number; last: number; message: string; /** The error's, when it has one. */ code?: string }
