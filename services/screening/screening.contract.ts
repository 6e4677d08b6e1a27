/** What may be said to `screening`. What it finds is kept by `videos`. */
import type { FindingCode, JudgedFinding, ScreeningVerdict } from "../../media/screening/finding.ts";
import type { Review, ScreenedMode } from "../videos/videos.contract.ts";

/** `cursor`: `next` of the page before. */
export interface ReviewsParams { limit?: number; cursor?: string }
export interface ReviewSummary { id: string; title?: string; tenant: string; createdAt: string; screenedAt: string; mode: ScreenedMode; verdict: ScreeningVerdict; reasons: { code: FindingCode; message: string }[]; frames: number }
export interface ReviewsResult { reviews: ReviewSummary[]; next?: string }

export interface ReviewParams { id: string }
/** `evidence[n]` is the frame that `frame` gives as n: `at` in seconds, of which findings. */
export interface ReviewView extends ReviewSummary {
  findings: JudgedFinding[];
  scores?: Record<string, number>;
  classifier?: { name: string; version: string };
  cost: { seconds: number; frames: number; bytes: number };
  evidence: { n: number; at: number; codes: FindingCode[] }[];
  decision?: Review;
}
export interface FrameParams { id: string; n: number }
export interface DecideParams { id: string; verdict: "pass" | "block"; note?: string }
