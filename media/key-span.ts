/** Where the key frame of a segment stands, in ticks of its track. Pure. */
import type { KeySpan } from "./cmaf/key-fragment.ts";
import { reorderDelay } from "./cmaf/samples.ts";
import type { Plan, VideoRendition } from "./plan.ts";

export function keySpan(plan: Plan, rendition: VideoRendition, segment: number): KeySpan {
  const { video } = plan.facts;
  const reorderTicks = rendition.mode === "repackage" ? reorderDelay(video.frameRate, video.timescale) : reorderDelay(rendition.frameRate, plan.timescale);
  return { segment, start: plan.boundaries[segment] ?? 0, end: plan.boundaries[segment + 1] ?? 0, reorderTicks };
}
