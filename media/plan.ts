/**
 * The plan of a video: where it is cut, and into which renditions. With it every playlist is complete, although
 * nothing has been encoded; from it alone any node can make any segment.
 */
import type { Facts } from "./facts.ts";
import type { Rational } from "./rational.ts";
import type { VideoCodec, VideoEncoder } from "./video-encoders.ts";

export interface VideoRendition {
  kind: "video";
  /** `source`, or `360p`, `720p`, …, and `360p-hevc` of another codec. */
  name: string;
  mode: "repackage" | "encode";
  codec: VideoCodec;
  /** Of a graphics card; absent: the processor's. Segments share an init segment, so every node must encode alike. */
  encoder?: VideoEncoder;
  codecs: string;
  width: number;
  height: number;
  frameRate: Rational;
  /** Peak and average, bits per second; what playlists promise. */
  bandwidth: number;
  averageBandwidth: number;
}

export interface AudioRendition {
  kind: "audio";
  /** `audio`, `audio-1`, `audio-2`, … */
  name: string;
  /** Position in the facts' `audio`. */
  track: number;
  mode: "repackage" | "encode";
  codecs: string;
  sampleRate: number;
  channels: number;
  language?: string;
  title?: string;
  bandwidth: number;
}

/** Captions of the source as WebVTT. */
export interface SubtitleRendition {
  /** `sub`, `sub-1`, … */
  name: string;
  /** Position in the facts' `subtitles`. */
  track: number;
  language?: string;
  title?: string;
}

export type Rendition = VideoRendition | AudioRendition;

export type Cut = "source" | "grid";

export interface Plan {
  version: 2;
  facts: Facts;
  /** `source`: every frame keeps its own time, and segments begin at frames of the source; `grid`: frames of a constant rate. */
  cut: Cut;
  /** Ticks per second of `boundaries`. `source`: the video track's timescale; `grid`: a multiple of the frame rate. */
  timescale: number;
  /** Segment n is [boundaries[n], boundaries[n + 1]) in ticks of the timeline, which starts at 0. */
  boundaries: number[];
  video: VideoRendition[];
  /** The first is what plays unless another is chosen. */
  audio: AudioRendition[];
  subtitles: SubtitleRendition[];
}
