/**
 * What the validator found out about a source, and nothing it guessed. Times are in ticks of the track's timescale,
 * with the container's edits applied.
 */
import type { Rational } from "./rational.ts";

export interface VideoFacts {
  /** Which of the container's tracks, from 0 among the video tracks. */
  index: number;
  /** Short name as FFmpeg has it: h264, hevc, vp9, av1, mpeg4, … */
  codec: string;
  /** RFC 6381, when the container gives it. */
  codecString?: string;
  timescale: number;
  /** First presentation time and the end of the last frame. */
  start: number;
  end: number;
  /** Coded size in pixels, before rotation and pixel aspect. */
  width: number;
  height: number;
  /** Size as shown: after pixel aspect and rotation. */
  displayWidth: number;
  displayHeight: number;
  rotation: 0 | 90 | 180 | 270;
  frameRate: Rational;
  /** Bits per second, measured over the container's size or said by it. */
  bitrate: number;
  pixelFormat?: string;
  /** HDR transfer, interlacing and the like, that repackaging would pass on to players that can't show it. */
  hdr: boolean;
  interlaced: boolean;
  /** Presentation times of the key frames, ascending; empty when there is no index. */
  keyFrames: number[];
  /** Frames that follow a key frame in the file but are shown before it. */
  openGop: boolean;
  /** Length of a NAL unit's size field and so on: the decoder configuration (avcC, hvcC, …), base64. */
  configuration?: string;
}

export interface AudioFacts {
  /** Which of the container's tracks, from 0 among the audio tracks. */
  index: number;
  codec: string;
  codecString?: string;
  timescale: number;
  start: number;
  end: number;
  sampleRate: number;
  channels: number;
  bitrate: number;
  language?: string;
  /** Decoder configuration (AudioSpecificConfig, …), base64. */
  configuration?: string;
}

export interface Facts {
  /** Bytes of the source. */
  size: number;
  /** Short name: mp4, mov, matroska, webm, avi, mpegts, … */
  container: string;
  /** `index`: read by mediabunny; `probe`: by ffprobe, cut by time. */
  reader: "index" | "probe";
  video: VideoFacts;
  audio?: AudioFacts;
  /** The source time, in ticks of the video track, that is time 0 of the timeline: its first shown frame. */
  originTicks: number;
}
