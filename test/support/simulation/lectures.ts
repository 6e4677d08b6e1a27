/** What the sources of a run are: how long, which of them nobody can play, and of which segments cannot be made or are never good. */
import { createHash } from "node:crypto";
import { planOf } from "../../../media/plan-video.ts";
import type { Plan } from "../../../media/plan.ts";
import type { Verdict } from "../../../services/videos/videos.contract.ts";
import { accepted, rejected, stagedFacts } from "../staged-plan.ts";
import type { Random } from "./random.ts";

export interface Lecture {
  url: string;
  tenant: string;
  verdict: Verdict;
  plan: Plan;
  /** Of an encode: no run that makes it ends well. */
  poison: number | undefined;
  /** Of an encode: it is made, and never good. */
  refused: number | undefined;
}

const LONGEST_SEC = 50;

export function inventLecture(random: Random, number: number): Lecture {
  const facts = stagedFacts(random.int(2, LONGEST_SEC));
  const plan = planOf(facts);
  const segments = plan.boundaries.length - 1;
  return {
    url: `https://example.org/${number}.mp4`,
    tenant: random.pick(["a", "b", "c"]),
    verdict: random.chance(0.06) ? rejected : accepted(facts),
    plan,
    poison: random.chance(0.12) ? random.int(0, segments - 1) : undefined,
    refused: random.chance(0.12) ? random.int(0, segments - 1) : undefined,
  };
}

/** A segment is the same bytes whoever makes it. */
export function makeBytes(videoId: string, rendition: string, segment: number | "init"): Buffer {
  return createHash("sha256").update(`${videoId}/${rendition}/${segment}`).digest();
}
