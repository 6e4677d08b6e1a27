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
  /** Clockwise, for showing. */
  rotation: 0 | 90 | 180 | 270;
  /** Shown mirrored left to right, before it is rotated. */
  mirrored: boolean;
  /** The mean, or the standard rate it is within 0.1 % of. Not capped. */
  frameRate: Rational;
  /** Bits per second, measured over the container's size or said by it. */
  bitrate: number;
  pixelFormat?: string;
  /** HDR transfer, interlacing and the like, that repackaging would pass on to players that can't show it. */
  hdr: boolean;
  /** Nothing says by which matrix its colours are to be made: players guess by its size, and would guess otherwise at another. */
  matrixUnsaid?: boolean;
  interlaced: boolean;
  /** Presentation times of the key frames, ascending; empty when there is no index. */
  keyFrames: number[];
  /** Bytes from each key frame to the next in the order of the file, where the index says so: what a repackaged segment weighs. */
  gopBytes?: number[];
  /**
   * Presentation times of other frames at which an encode may be cut, ascending: about one a second where key frames are
   * far apart, and the frame before every gap of seconds.
   */
  splitFrames: number[];
  /** How many frames are shown, where the index says so. */
  frames?: number;
  /** Frames that follow a key frame in the file but are shown before it. */
  openGop: boolean;
  /** The size or the coding changes on the way: the frames bring parameters that the configuration does not have. */
  changesMidway?: boolean;
  /** Length of a NAL unit's size field and so on: the decoder configuration (avcC, hvcC, …), base64. */
  configuration?: string;
  /** The sample entry of an MP4 as it is (ISO/IEC 14496-12 8.5.2), base64: tells a decoder of any codec what it needs. */
  sampleEntry?: string;
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
  /** What the source calls the track: "Director's comments". Anything may stand there. */
  title?: string;
  /** Decoder configuration (AudioSpecificConfig, …), base64. */
  configuration?: string;
}

export interface SubtitleFacts {
  /** Which of the container's tracks, from 0 among the subtitle tracks. */
  index: number;
  /** Short name as FFmpeg has it: subrip, ass, mov_text, webvtt, … Only text, no pictures. */
  codec: string;
  language?: string;
  title?: string;
}

export interface Facts {
  /** Bytes of the source. */
  size: number;
  /** Short name: mp4, mov, matroska, webm, avi, mpegts, … */
  container: string;
  /**
   * `index`: the container's own index says where each frame is. `remux`: it has none, and a lossless copy that each node
   * makes of it has; times are those of the copy. `probe`: only ffprobe looked, and frames are found by time.
   */
  reader: "index" | "remux" | "probe";
  video: VideoFacts;
  /** Those that can be decoded, in the order of the file. */
  audio: AudioFacts[];
  /** Tracks of sound that nobody here can decode. */
  droppedAudio?: number;
  subtitles: SubtitleFacts[];
  /** The source time, in ticks of the video track, that is time 0 of the timeline: its first shown frame. */
  originTicks: number;
}
