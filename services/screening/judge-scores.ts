/** From what a classifier says of each frame to findings, by the tenant's thresholds. Pure. */
import type { Finding } from "../../media/screening/finding.ts";
import type { Threshold } from "../../mixins/screening-policy/policy.ts";

export interface ScoredFrame { at: number; scores: Readonly<Record<string, number>> }

/** A class that one frame alone has is likely a mistake, where there are more frames. */
const FEW_FRAMES = 2;
const SHOWN_FRAMES = 6;

/** `scores`: the highest of each class. */
export function judgeScores(frames: readonly ScoredFrame[], thresholds: Readonly<Record<string, Threshold>>): { findings: Finding[]; scores: Record<string, number> } {
  const names = [...new Set(frames.flatMap(({ scores }) => Object.keys(scores)))];
  const scores = Object.fromEntries(names.map((name) => [name, Math.round(1000 * Math.max(...frames.map((frame) => frame.scores[name] ?? 0))) / 1000]));
  const least = Math.min(FEW_FRAMES, frames.length);
  const findings = names.flatMap((name): Finding[] => {
    const { review = Infinity, block = Infinity } = thresholds[name] ?? {};
    const over = (threshold: number): ScoredFrame[] => frames.filter((frame) => (frame.scores[name] ?? 0) >= threshold).toSorted((a, b) => (b.scores[name] ?? 0) - (a.scores[name] ?? 0));
    const [blocking, reviewed] = [over(block), over(Math.min(review, block))];
    const shown = blocking.length >= least ? blocking : reviewed;
    if (shown.length < least) return [];
    return [{
      code: "classified", verdict: blocking.length >= least ? "block" : "review", message: `${shown.length} of ${frames.length} frames look like “${name}”, at most by ${scores[name]}.`,
      figures: { class: name, frames: shown.length, of: frames.length, score: scores[name] ?? 0 }, frames: shown.slice(0, SHOWN_FRAMES).map(({ at }) => at),
    }];
  });
  return { findings, scores };
}
