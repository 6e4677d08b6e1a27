import type { StillFormat } from "../../media/ffmpeg/still-arguments.ts";
import type { SegmentName } from "../../media/media-names.ts";

export interface MasterParams { id: string }
export interface MediaPlaylistParams { id: string; rendition: string }
/** `waiter`: who may leave before the segment is there, see `LeftParams`. */
export interface MediaSegmentParams { id: string; rendition: string; segment: SegmentName; waiter?: string }
/** This caller of `segment` does not want it any more. */
export interface LeftParams { waiter: string }
/** `t`: seconds as a decimal. `width`: no more than the video's own; absent: that. */
export interface ShownStillParams { id: string; t: string; width?: number; format: StillFormat }
/** Seconds as decimals: frames with start ≤ time < end. */
export interface CutClipParams { id: string; start: string; end: string }
export interface StoryboardParams { id: string }
export interface StoryboardSheetParams { id: string; sheet: number }
/** A rendition's key frames by themselves: the playlist, and the one of segment `segment` as bytes. */
export interface KeyFramesParams { id: string; rendition: string }
export interface KeyFrameParams { id: string; rendition: string; segment: number }
/** `name` of one of the plan's subtitles. */
export interface CaptionsParams { id: string; name: string }
export interface ContentKeyParams { id: string }
/** Ids of keys as a browser's ClearKey asks for them: base64url, without padding. */
export interface LicenseParams { id: string; keyIds: string[] }
export const MAX_LICENSE_KEYS = 64;
/** W3C Encrypted Media Extensions 9.1.4: a JSON Web Key Set. */
export interface License { keys: { kty: "oct"; kid: string; k: string }[]; type: "temporary" }
