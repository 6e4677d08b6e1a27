/** From facts to the plan. Pure: the same facts give the same plan on every node. */
import type { Facts } from "./facts.ts";
import { planAudio, planVideo } from "./ladder.ts";
import type { AudioRendition, Plan, Rendition } from "./plan.ts";
import { planTimeline } from "./timeline.ts";

export function planOf(facts: Facts): Plan {
  const { cut, timescale, frameRate, boundaries } = planTimeline(facts);
  const audio: AudioRendition | undefined = planAudio(facts);
  return { version: 1, facts, cut, timescale, boundaries, video: planVideo(facts, frameRate), ...(audio === undefined ? {} : { audio }) };
}

export function segmentCount(plan: Plan): number {
  return plan.boundaries.length - 1;
}

export function findRendition(plan: Plan, name: string): Rendition | undefined {
  return [...plan.video, ...(plan.audio === undefined ? [] : [plan.audio])].find((rendition) => rendition.name === name);
}
