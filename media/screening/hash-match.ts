/** Whether a video shows what is on a block list, from hashes of a few of its frames. Pure. */
import { hashDistance } from "./frame-hash.ts";

/** Bits of 256 that may differ in the same picture: PDQ's own advice. */
export const SAME_BITS = 31;
/** Of frames with less to see the hash is noise, or they look like any other: a blank slide, a title. */
export const MIN_DETAIL = 20;

export interface HashedFrame { at: number; hash: Uint8Array; detail: number }

/** `at`: the frames that match; `share`: of those that have something to see; `distance`: of the nearest, in bits. */
export interface HashMatch { at: number[]; share: number; distance: number }

/** Frames of a video that are on a list, from `few` on a person looks; from half of the video on it is the same one. */
export const SAME_VIDEO_SHARE = 0.5;
export const FEW_FRAMES = 3;

/** Undefined when no frame is like one of `listed`. */
export function matchFrames(frames: readonly HashedFrame[], listed: readonly Uint8Array[]): HashMatch | undefined {
  const telling = frames.filter(({ detail }) => detail >= MIN_DETAIL);
  const at: number[] = [];
  let nearest = Infinity;
  for (const frame of telling) {
    const distance = listed.reduce((least, hash) => Math.min(least, hashDistance(frame.hash, hash)), Infinity);
    if (distance <= SAME_BITS) at.push(frame.at);
    nearest = Math.min(nearest, distance);
  }
  return at.length === 0 ? undefined : { at, share: at.length / telling.length, distance: nearest };
}

/** Two slides alike are not two videos alike: a single frame counts only where the video has no more to show. */
export function isSameVideo({ at, share }: HashMatch): boolean {
  return share >= SAME_VIDEO_SHARE && (at.length >= FEW_FRAMES || share === 1);
}
