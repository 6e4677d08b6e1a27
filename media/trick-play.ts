/** Which rendition's key frames are offered by themselves, for scrubbing and fast forward. Pure. */
import type { Plan, VideoRendition } from "./plan.ts";
import { inOrderOfStart } from "./start-order.ts";

/**
 * The one that plays first, when it is the source as it is: its key frames are read without an encode. Else the lightest
 * encode, for a scrub asks for key frames all over the video.
 */
export function trickRendition(plan: Pick<Plan, "video" | "audio">): VideoRendition | undefined {
  const [first] = inOrderOfStart(plan);
  if (first?.mode === "repackage") return first;
  return plan.video.filter((rendition) => rendition.mode === "encode").toSorted((a, b) => a.bandwidth - b.bandwidth)[0] ?? first;
}
