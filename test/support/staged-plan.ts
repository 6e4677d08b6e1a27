/** A plan for tests that need one and no media. */
import type { Facts } from "../../media/facts.ts";
import { planOf } from "../../media/plan-video.ts";
import type { Plan } from "../../media/plan.ts";
import type { Verdict } from "../../services/videos/videos.contract.ts";

const TIMESCALE = 12_800;

/** A 720p H.264 video with AAC, key frames every 2 s: a `source` rendition, 360p and audio. */
export function stagedFacts(seconds: number): Facts {
  const end = seconds * TIMESCALE;
  return {
    size: 1_000_000, container: "mp4", reader: "index", originTicks: 0, subtitles: [],
    video: {
      index: 0, codec: "h264", codecString: "avc1.64001f", timescale: TIMESCALE, start: 0, end, width: 1280, height: 720, displayWidth: 1280, displayHeight: 720,
      rotation: 0, mirrored: false, frameRate: { num: 25, den: 1 }, bitrate: 1_000_000, pixelFormat: "yuv420p", hdr: false, interlaced: false, splitFrames: [], openGop: false, configuration: "AWQAH//hAAA=",
      keyFrames: Array.from({ length: Math.ceil(seconds / 2) }, (_, i) => i * 2 * TIMESCALE),
    },
    audio: [{ index: 0, codec: "aac", codecString: "mp4a.40.2", timescale: 48_000, start: 0, end: seconds * 48_000, sampleRate: 48_000, channels: 2, bitrate: 128_000, configuration: "EZA=" }],
  };
}

export const stagedPlan = (seconds: number): Plan => planOf(stagedFacts(seconds));

export const accepted = (facts: Facts): Verdict => ({ accepted: true, at: "2026-01-01T00:00:00.000Z", facts, sourceVersion: "v1" });
export const rejected: Verdict = { accepted: false, at: "2026-01-01T00:00:00.000Z", reasons: [{ class: "not_media", message: "The source is a web page." }] };
