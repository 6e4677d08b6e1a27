/** What may be asked of `persons`: all that is kept of one, and its end. */
import type { Review } from "../videos/videos.contract.ts";

/** `login:<subject>`, `key:<id>`, or the pseudonym itself. */
export interface PersonParams { person: string }
export interface EraseParams extends PersonParams { videos?: VideosChoice }
export interface ErasureParams { id: string }

/** What becomes of a person's videos: all of each goes, or only that it was theirs. */
export const VIDEOS_CHOICES = ["erase", "keep"] as const;
export type VideosChoice = (typeof VIDEOS_CHOICES)[number];

/**
 * `export` answers a stream of one JSON document of this form. Its parts are keyed by name, and come in this order; whoever reads
 * a document of a greater `version` may find more parts, and more in each item.
 */
export interface PersonDocument {
  format: typeof PERSON_FORMAT;
  version: typeof PERSON_VERSION;
  /** The pseudonym, or `key:<id>`. */
  person: string;
  /** The only tenant that it is about; absent: all. */
  tenant?: string;
  madeAt: string;
  parts: Record<PersonPart, { about: string; from: string; items: unknown[] }>;
}
export const PERSON_FORMAT = "lectern-person";
export const PERSON_VERSION = 1;
export const PERSON_PARTS = ["keys", "videos", "uploads", "audit", "links", "reviews"] as const;
export type PersonPart = (typeof PERSON_PARTS)[number];

/** Of part `links`: one that may still be good. */
export interface LinkItem { videoId: string; linkId: string; madeAt: string }
/** Of part `reviews`. */
export interface ReviewItem extends Omit<Review, "by"> { videoId: string }

/** How many of each. `videos`: erased, or with `keep` no longer theirs; `sharedVideos`: no longer theirs, but others' too, and kept for them. */
export interface ErasureCounts { videos: number; sharedVideos: number; uploads: number; keys: number; links: number }
/** `left`: what has not been erased yet of what was found. Both counts are absent until the person's things have been looked for. */
export type ErasureView = { id: string; videos: VideosChoice; orderedAt: string } & (
  | { status: "running"; found?: Omit<ErasureCounts, "sharedVideos">; left?: Pick<ErasureCounts, "videos" | "uploads"> }
  | { status: "done"; endedAt: string; erased: ErasureCounts }
);
