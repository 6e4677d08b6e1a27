/** The key frame of a repackaged segment, read from the source alone: a scrub through an hour reads some megabytes. */
import { fail } from "../../config/errors.ts";
import { writeKeyFragment } from "../../media/cmaf/key-fragment.ts";
import { keySpan } from "../../media/key-span.ts";
import { findRendition, segmentCount } from "../../media/plan-video.ts";
import type { Job } from "./workshop.ts";

/** @throws segment_not_found for what is not repackaged: there the key frame is the encoder's, at the start of its segment */
export async function makeKeyFrame({ plan, readPackets }: Pick<Job, "plan" | "readPackets">, name: string, segment: number): Promise<Buffer> {
  const rendition = findRendition(plan, name);
  if (rendition?.kind !== "video" || rendition.mode !== "repackage" || segment >= segmentCount(plan)) throw fail("segment_not_found", "The video has no such key frame.");
  const { video, originTicks } = plan.facts;
  const span = keySpan(plan, rendition, segment);
  const [first] = await readPackets({ track: "video", index: video.index, timescale: video.timescale, from: span.start + originTicks, to: span.start + originTicks + 1 });
  if (first?.isKey !== true) throw fail("not_media", "The source has no key frame where its index says so.");
  return writeKeyFragment(span, first.data);
}
