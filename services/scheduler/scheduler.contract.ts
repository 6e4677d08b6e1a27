import type { Lane } from "../transcoder/transcoder.contract.ts";

/** Payload of `segment.watched`: a viewer got this segment, and will want the next ones. */
export interface SegmentWatched { videoId: string; rendition: string; segment: number }
/** Answer of `scheduler.queue`. */
export type QueueCounts = Record<Lane, { waiting: number; active: number; failed: number }>;
/** Says that a chunk failed as often as it may. */
export interface PoisonParams { videoId: string; renditions: string[]; first: number; last: number; message: string; /** The error's, when it has one. */ code?: string }
