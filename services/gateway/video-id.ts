import { fail } from "../../config/errors.ts";

/** @throws video_not_found for what can't be the id of a video (a ULID in lower case) */
export function parseVideoId(value: string | undefined): string {
  if (value === undefined || !/^[0-9a-z]{26}$/.test(value)) throw fail("video_not_found", "There is no such video.");
  return value;
}
