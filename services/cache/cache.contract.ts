
import type { SegmentName } from "../../media/media-names.ts";
export type { SegmentName };
export interface SegmentParams { videoId: string; rendition: string; segment: SegmentName }
/** `tier` says where the bytes came from: the cheapest first. `made`: nobody had them. */
export type Tier = "memory" | "redis" | "store" | "made";
export interface SegmentResult { bytes: Uint8Array; tier: Tier }
