/** With which rendition a player begins. Pure. */
import type { Plan, VideoRendition } from "./plan.ts";

/** A source up to this many bits per second may be what a player tries first: it needs no encoding. */
const MODERATE_BANDWIDTH = 6_000_000;

/** Players begin with the first: the source if moderate, else the lightest encode. The others by bandwidth. */
export function inOrderOfStart({ video, audio }: Pick<Plan, "video" | "audio">): VideoRendition[] {
  const ascending = video.toSorted((a, b) => a.bandwidth - b.bandwidth);
  const first = ascending.find((rendition) => rendition.mode === "repackage" && rendition.bandwidth + (audio[0]?.bandwidth ?? 0) <= MODERATE_BANDWIDTH)
    ?? ascending.find((rendition) => rendition.mode === "encode");
  return first ? [first, ...ascending.filter((rendition) => rendition !== first)] : ascending;
}
