/** Who may watch which video. Pure. */
import { tenantMark, type Use } from "./grants.ts";
import { may, reaches, type Caller } from "./permissions.ts";

export const VISIBILITIES = ["public", "private"] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** As much of a video as decides who may watch it. */
export interface VideoAccess { id: string; tenant: string; visibility: Visibility; deleted: boolean }

/**
 * Whether a caller may watch. That a link was ended is somebody else's to look at (mixins/watch-guard.ts).
 * @param caller undefined: a node, on its own behalf
 */
export function mayWatch(caller: Caller | undefined, video: VideoAccess, use: Use | "any", nowMs: number): boolean {
  if (video.visibility === "public" || caller === undefined) return true;
  const { grant } = caller;
  if (grant === undefined) return may(caller, "videos.watchPrivate") && reaches(caller, video.tenant);
  return grant.videoId === video.id && grant.tenant === tenantMark(video.tenant) && grant.until > nowMs && !video.deleted && (use === "any" || grant.uses.includes(use));
}
