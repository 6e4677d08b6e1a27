/** Facts of an ordinary lecture, to be varied by tests: H.264 and AAC in MP4, ten seconds at 25 frames a second. */
import type { AudioFacts, Facts, VideoFacts } from "../../media/facts.ts";

export const VIDEO: VideoFacts = {
  index: 0, codec: "h264", codecString: "avc1.640028", timescale: 12_800, start: 0, end: 128_000,
  width: 1920, height: 1080, displayWidth: 1920, displayHeight: 1080, rotation: 0, mirrored: false,
  frameRate: { num: 25, den: 1 }, bitrate: 2_000_000, pixelFormat: "yuv420p", hdr: false, interlaced: false,
  keyFrames: [0, 25_600, 51_200, 76_800, 102_400], splitFrames: [], openGop: false, configuration: "AWQAKA==",
};

export const AUDIO: AudioFacts = {
  index: 0, codec: "aac", codecString: "mp4a.40.2", timescale: 48_000, start: 0, end: 480_000,
  sampleRate: 48_000, channels: 2, bitrate: 128_000, language: "en", configuration: "EZA=",
};

export interface Variation extends Partial<Omit<Facts, "video" | "audio">> { video?: Partial<VideoFacts>; audio?: Partial<AudioFacts> | null }

/** `audio: null` for a silent video. */
export function makeFacts({ video, audio, ...rest }: Variation = {}): Facts {
  return {
    size: 2_500_000, container: "mp4", reader: "index", originTicks: 0, subtitles: [], ...rest,
    video: { ...VIDEO, ...video },
    audio: audio === null ? [] : [{ ...AUDIO, ...audio }],
  };
}

/** The same source read by ffprobe: no index, no key frames. */
export const probedFacts = ({ video, ...rest }: Variation = {}): Facts =>
  makeFacts({ reader: "probe", container: "mpegts", ...rest, video: { timescale: 90_000, start: 126_000, end: 1_026_000, keyFrames: [], ...video }, originTicks: rest.originTicks ?? 126_000 });

/** `facts` without the field of the video that a container may not give. */
export function withoutVideoField(facts: Facts, field: "codecString" | "pixelFormat" | "configuration"): Facts {
  const video = { ...facts.video };
  delete video[field];
  return { ...facts, video };
}
