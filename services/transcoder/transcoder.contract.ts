import type { StillFormat } from "../../media/ffmpeg/still-arguments.ts";
import type { SegmentName } from "../../media/media-names.ts";
import type { QueueLane } from "../../mixins/work-queue/work-queue.contract.ts";

/**
 * Makes one segment now, on the play lane. Answers its bytes as they are made (`growReply`). `waiter` names who waits, who
 * may leave by `WaiterLeft`: an encode that nobody waits for any more ends.
 */
export interface MakeParams { videoId: string; rendition: string; segment: SegmentName; waiter?: string }
/** Payload of `waiter.left`: this caller of `make`, or of the cache's `open`, does not want its segment any more. */
export interface WaiterLeft { waiter: string }
/** Where work waits: a viewer waits for `play`, nobody in particular for the others. */
export type Lane = QueueLane;
/** Consecutive segments, `first` and `last` inclusive, of renditions that are made together: several of the picture from one decode. */
export interface ChunkParams { videoId: string; renditions: string[]; first: number; last: number; lane: Lane; /** For viewers who are only expected: that it fails is not the video's end. */ expected?: boolean }
/** In segments of any of the renditions. `refused`: made now or before, and never good; absent: none. */
export interface ChunkResult { stored: number; skipped: number; refused?: number }
/** Payload of `segment.stored`. */
export interface SegmentStored { videoId: string; rendition: string; segment: number; bytes: number }

/** Makes the frame shown at `at`, ticks of the video track on the timeline, an image. Answers its bytes. */
export interface StillParams { videoId: string; at: number; width: number; height: number; format: StillFormat }
/** Frames with start ≤ time < end, in ticks of the video track on the timeline, and their sound, as an MP4 in the store. */
export interface ClipParams { videoId: string; start: number; end: number }
/** Where it is, and its size in bytes. */
export interface ClipResult { key: string; size: number }
/** A sheet of previews, from 0. Answers its bytes. */
export interface SheetParams { videoId: string; sheet: number }
/** Payload of `segment.refused`: it was made three times and was never good; `fault` as quality has it. */
export interface SegmentRefused { videoId: string; rendition: string; segment: number; fault: string }
/** Payload of `segment.replaced`: what was answered so far was not good, and a better one is stored. */
export interface SegmentReplaced { videoId: string; rendition: string; segment: SegmentName }
/** The key frame of a repackaged segment, as a fragment of its own. Answers its bytes. */
export interface KeyFrameParams { videoId: string; rendition: string; segment: number }
/** Takes all captions out of the source and stores them. Answers those that are named. */
export interface CaptionsParams { videoId: string; name: string }
