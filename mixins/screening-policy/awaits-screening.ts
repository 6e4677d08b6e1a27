/** Whether a video is still to be screened: it may play, its tenant wants it, and nothing has been said. */
import type { VideoState } from "../../services/videos/videos.contract.ts";

export function awaitsScreening({ record, plan, screening, deleted }: VideoState): boolean {
  return !deleted && record.screening !== undefined && plan !== undefined && screening === undefined;
}
