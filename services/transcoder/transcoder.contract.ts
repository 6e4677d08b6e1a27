import type { SegmentName } from "../../media/media-names.ts";

/** Makes one segment now, on the play lane. Answers its bytes. */
export interface MakeParams { videoId: string; rendition: string; segment: SegmentName }
/** Where work waits: a viewer waits for `play`, nobody in particular for the others. */
export const LANES = ["play", "normal", "bulk"] as const;
export type Lane = (typeof LANES)[number];
/** A run of consecutive segments that one FFmpeg makes; `first` and `last` inclusive. */
export interface ChunkParams { videoId: string; rendition: string; first: number; last: number; lane: Lane }
export interface ChunkResult { stored: number; skipped: number }
/** Payload of `segment.stored`. */
export interface SegmentStored { videoId: string; rendition: string; segment: number; bytes: number }
