import type { SegmentName } from "../cache/cache.contract.ts";

export interface MasterParams { id: string }
export interface MediaPlaylistParams { id: string; rendition: string }
export interface MediaSegmentParams { id: string; rendition: string; segment: SegmentName }
