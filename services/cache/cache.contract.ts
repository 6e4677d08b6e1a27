import type { SegmentName } from "../../media/media-names.ts";

/** Asks `cache.segment` for a segment whole. */
export interface SegmentParams { videoId: string; rendition: string; segment: SegmentName }
/**
 * Asks `cache.open` for it as it is made (`readSegment`). `waiter` names who waits, who may leave by `waiter.left`: what nobody
 * waits for any more is not made.
 */
export interface OpenParams extends SegmentParams { waiter?: string }
/** `tier` says where the bytes came from: the cheapest first. `made`: nobody had them. */
export type Tier = "memory" | "redis" | "store" | "made";
export interface SegmentResult { bytes: Uint8Array; tier: Tier }
/** Payload of `segments.expected`, to every node: viewers in `region` are about to ask for segments 0 to `last` of these, which its store has. */
export interface SegmentsExpected { region: string; videoId: string; renditions: string[]; last: number }
/** Answer for a still or a sheet of previews: complete, for it is an image. */
export interface ImageResult { bytes: Uint8Array; tier: Tier }
