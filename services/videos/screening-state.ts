/** Pure: what a video's screening and its review mean for who may play it, and how they are shown. */
import type { ScreeningVerdict } from "../../media/screening/finding.ts";
import type { ScreeningView, VideoState } from "./videos.contract.ts";

/** What counts: a person's word before the machine's. */
function verdictOf({ screening, review }: VideoState): ScreeningVerdict | "pending" {
  return review?.verdict ?? screening?.verdict ?? "pending";
}

export const isBlocked = (state: VideoState): boolean => verdictOf(state) === "block";
/** Whether it is not yet for everybody. */
export const isHeld = (state: VideoState): boolean => state.record.screening === "screen-first" && verdictOf(state) !== "pass";

/** Undefined where nothing is screened. */
export function viewScreening(state: VideoState): ScreeningView | undefined {
  const { record, screening, review } = state;
  if (record.screening === undefined) return undefined;
  const verdict = verdictOf(state);
  const at = review?.at ?? screening?.at;
  return {
    verdict, public: verdict !== "block" && !isHeld(state),
    ...(at === undefined ? {} : { at }), ...(review === undefined ? {} : { reviewed: true }),
    findings: (screening?.findings ?? []).map(({ code, message, verdict }) => ({ code, message, verdict })),
  };
}
