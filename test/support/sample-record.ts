/** The record of an ordinary video, to be varied by tests. */
import type { VideoRecord } from "../../services/videos/videos.contract.ts";

export const VIDEO_ID = "01h0000000000000000000000a";

export function makeRecord(variation: Partial<VideoRecord> = {}): VideoRecord {
  return {
    id: VIDEO_ID, createdAt: "2026-01-01T00:00:00.000Z", source: { kind: "url", url: "https://example.org/lecture.mp4" }, policy: "hybrid", priority: "normal",
    labels: {}, identity: "https://example.org/lecture.mp4", claim: "claim", request: "request", ...variation,
  };
}
