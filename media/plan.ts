/**
 * The plan of a video: where it is cut, and into which renditions. With it every playlist is complete, although
 * nothing has been encoded; from it alone any node can make any segment.
 */
import type { Facts } from "./facts.ts";
import type { Rational } from "./rational.ts";

export interface VideoRendition {
  kind: "video";
  /** `source`, or `360p`, `720p`, … */
  name: string;
  mode: "repackage" | "encode";
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
  name: "audio";
  mode: "repackage" | "encode";
  codecs: string;
  sampleRate: number;
  channels: number;
  language?: string;
  bandwidth: number;
}

export type Rendition = VideoRendition | AudioRendition;

export type Cut = "keys" | "frames";

export interface Plan {
  version: 1;
  facts: Facts;
  /** `keys`: segments begin at key frames of the source; `frames`: at frames of a constant-rate grid. */
  cut: Cut;
  /** Ticks per second of `boundaries`. `keys`: the video track's timescale; `frames`: a multiple of the frame rate. */
  timescale: number;
  /** Segment n is [boundaries[n], boundaries[n + 1]) in ticks of the timeline, which starts at 0. */
  boundaries: number[];
  video: VideoRendition[];
  audio?: AudioRendition;
}
