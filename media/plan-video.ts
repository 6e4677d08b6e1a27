/** From facts to the plan. Pure: the same facts give the same plan on every node. */
import type { Facts } from "./facts.ts";
import { planAudio, planSubtitles, planVideo } from "./ladder.ts";
import type { Plan, Rendition } from "./plan.ts";
import { planTimeline } from "./timeline.ts";
import type { EncoderKind, VideoCodec } from "./video-encoders.ts";

/** `codecs`: of the renditions that are encoded. `encoder`: what encodes those above the lowest. */
export function planOf(facts: Facts, codecs: readonly VideoCodec[] = ["h264"], encoder: EncoderKind = "software"): Plan {
  const { cut, timescale, frameRate, boundaries } = planTimeline(facts);
  return { version: 2, facts, cut, timescale, boundaries, video: planVideo(facts, frameRate, boundaries, codecs, encoder), audio: planAudio(facts), subtitles: planSubtitles(facts) };
}

export function segmentCount(plan: Plan): number {
  return plan.boundaries.length - 1;
}

/** Those that are made of segments: video first, then audio. */
export function renditionsOf(plan: Plan): Rendition[] {
  return [...plan.video, ...plan.audio];
}

export function findRendition(plan: Plan, name: string): Rendition | undefined {
  return renditionsOf(plan).find((rendition) => rendition.name === name);
}
