/** The videos of the storm: one rendition to encode, in chunks of five segments of four seconds. */
import type { Facts } from "../../media/facts.ts";
import { planOf, renditionsOf, segmentCount } from "../../media/plan-video.ts";
import { stagedFacts } from "../../test/support/staged-plan.ts";

export const FILES = { store: "store", journals: "journals" } as const;

const CHUNK_SEC = 20;

export function stormFacts(seconds: number): Facts {
  const facts = stagedFacts(seconds);
  return { ...facts, audio: [], video: { ...facts.video, codec: "hevc", codecString: "hvc1.1.6.L93.B0", width: 640, height: 360, displayWidth: 640, displayHeight: 360 } };
}

export const secondsOf = (chunks: number): number => chunks * CHUNK_SEC;

/** Names of all that must be there in the end, of a video of so many seconds. */
export function wantedOf(seconds: number): { rendition: string; segments: number }[] {
  const plan = planOf(stormFacts(seconds));
  return renditionsOf(plan).map(({ name }) => ({ rendition: name, segments: segmentCount(plan) }));
}
