import type { GroupStory, QueueCounts, QueueLane, TenantLoad } from "../../mixins/work-queue/work-queue.contract.ts";

/** Payload of `segment.watched`: a viewer got this segment, and will want the next ones. */
export interface SegmentWatched { videoId: string; rendition: string; segment: number }
/** Asks for the segments 0 to `last` of renditions, the dearest need first, and, where `STORYBOARD` is among them, for its sheets after that, for viewers who are expected. `cpuSec`: what it may take. */
export interface WarmParams { id: string; renditions: string[]; last: number; cpuSec: number }
/** `queued`: a run of it was begun, for about `cpuSec`. `warm`: all is there. `busy`: the region has other work, or it was just found that less is missing. `dear`: the next run takes more than `cpuSec`. `gone`: there is no such video, or no plan. */
export type WarmResult = { state: "queued"; rendition: string; first: number; last: number; cpuSec: number } | { state: "warm" | "busy" | "dear" | "gone" };
export interface LaneParams { lane: QueueLane }
export interface AdmitParams { tenant: string }
/** Asks for work that was set aside, at most `limit`. */
export interface DeadParams { limit?: number }
/** Says that a chunk failed as often as it may. */
export interface PoisonParams { videoId: string; renditions: string[]; first: number; last: number; message: string; /** The error's, when it has one. */ code?: string }

/** The region's queue, for operators. */
export interface QueueReport {
  /** `oldestMs`: how long what has waited longest waits; absent where nothing does. */
  lanes: Record<QueueLane, QueueCounts[QueueLane] & { oldestMs?: number }>;
  /** The hundred with the most work that waits, by its cost. */
  tenants: (TenantLoad & { tenant: string })[];
  /** What has happened to chunks since Redis was last empty. */
  totals: Record<string, number>;
  /** What a unit of cost takes: about a second of 360p encoded. Absent while nothing is known. */
  paceMs?: number;
}
/** What became of a video's work; null when the queue knows nothing of it. */
export type StoryAnswer = GroupStory | null;
