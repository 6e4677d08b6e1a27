/** What a screening says of a video. Pure. */

export const SCREENING_VERDICTS = ["pass", "review", "block"] as const;
export type ScreeningVerdict = (typeof SCREENING_VERDICTS)[number];

/** What a screening may find. What each leads to is the tenant's policy. */
export const FINDING_CODES = [
  /** Its bytes, or frames of it, are on a block list. */
  "listed_bytes", "listed_frames", "similar_frames",
  /** Another video of the same bytes was blocked. */
  "blocked_twin",
  /** A program, an archive, a page or the like within the file; bytes that nothing refers to; a name or type that says otherwise. */
  "foreign_content", "unreferenced_bytes", "declared_otherwise",
  /** General flashes (WCAG 2.2, 2.3.1). */
  "flashes",
  /** Nothing to see, nothing to hear, or louder than speech ever is. */
  "black", "frozen", "silent", "empty", "loud",
  /** What the classifier says. */
  "classified",
  /** A check did not come to its end. */
  "unscreened",
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export interface Finding {
  code: FindingCode;
  /** For a person, with the figures that matter. */
  message: string;
  figures?: Readonly<Record<string, number | string>>;
  /** Frames that show it, in ticks of the video track on the timeline. */
  frames?: readonly number[];
  /** What its figures lead to by themselves, where policy has thresholds; absent: what the code leads to. */
  verdict?: ScreeningVerdict;
}

/** A finding and what the policy makes of it. */
export type JudgedFinding = Finding & { verdict: ScreeningVerdict };

export function worstVerdict(verdicts: readonly ScreeningVerdict[]): ScreeningVerdict {
  return SCREENING_VERDICTS.findLast((verdict) => verdicts.includes(verdict)) ?? "pass";
}
