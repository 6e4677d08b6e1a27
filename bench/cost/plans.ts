/** Plans of the catalogue's lectures, as the scheduler makes them of 1080p H.264, and of VP9, without their sound. */
import { planOf } from "../../media/plan-video.ts";
import type { Facts } from "../../media/facts.ts";
import type { Plan, VideoRendition } from "../../media/plan.ts";
import { countSegments, PICTURES, segmentStart, type Picture } from "../viewing/segment-requests.ts";
import type { Lecture } from "../viewing/catalogue.ts";

const FACTS: Facts = {
  size: 2_500_000, container: "mp4", reader: "index", originTicks: 0, subtitles: [], audio: [],
  video: {
    index: 0, codec: "h264", codecString: "avc1.640028", timescale: 12_800, start: 0, end: 128_000, width: 1920, height: 1080, displayWidth: 1920, displayHeight: 1080, rotation: 0, mirrored: false,
    frameRate: { num: 25, den: 1 }, bitrate: 250_000, pixelFormat: "yuv420p", hdr: false, interlaced: false, keyFrames: [0, 25_600, 51_200, 76_800, 102_400], splitFrames: [], openGop: false, configuration: "AWQAKA==",
  },
};
const PLAYABLE = planOf(FACTS);
const ENCODED = planOf({ ...FACTS, container: "webm", video: { ...FACTS.video, codec: "vp9", codecString: "vp09.00.40.08" } });

/** `timescale` 1: boundaries are seconds. */
export function planLecture({ seconds, encodedOnly }: Lecture): Plan {
  const boundaries = Array.from({ length: countSegments(seconds) + 1 }, (_, segment) => Math.min(seconds, segmentStart(segment)));
  return { ...(encodedOnly ? ENCODED : PLAYABLE), timescale: 1, boundaries };
}

/** The plan's name for a picture, and back. */
export const renditionOf = (plan: Plan, picture: Picture): VideoRendition | undefined => (picture === "top" ? plan.video[0] : plan.video.find(({ name }) => name === picture));
export const pictureIndex = (name: string): number => Math.max(0, PICTURES.findIndex((picture) => picture === name));
