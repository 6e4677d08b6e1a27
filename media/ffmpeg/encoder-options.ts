/**
 * FFmpeg's options for each video encoder. Whatever the encoder: key frames stand at the given times
 * and nowhere else, groups of pictures are closed, the peak holds over a second (VBV), the picture is 8 bit 4:2:0.
 * The software encoders are measured with FFmpeg 5.1; those of graphics cards follow its documentation. Pure.
 */

import { VIDEO_ENCODERS, type EncoderFacts, type VideoEncoder } from "../video-encoders.ts";
import type { Tuning } from "./tuning.ts";

/** What stands before the inputs and after the other filters. */
export function encoderSetup(encoder: VideoEncoder): { inputOptions: readonly string[]; filters: readonly string[] } {
  const { inputOptions = [], filters = [] }: EncoderFacts = VIDEO_ENCODERS[encoder];
  return { inputOptions, filters };
}

export interface VideoEncoding {
  encoder: VideoEncoder;
  /** Times ten, of the codec's own table. */
  level: number;
  /** The most that a second may take. */
  peakKbps: number;
  /** As x264's CRF: less is better. */
  quality: number;
  threads: number;
  content: "camera" | "slides";
  /** For libx264: what the content and the lane ask for. */
  tuning: Pick<Tuning, "preset" | "x264Params">;
  /** Seconds, as `-force_key_frames` takes them; the first is the run's first frame. */
  keyTimes: string;
}

/** Frames between key frames that nobody forces: more than a run has. */
const ENDLESS_GOP = "100000";

/** Option and value, one after another; options of a stream end in `:v` where FFmpeg has such for other streams, too. */
export function encoderOptions(encoding: VideoEncoding): [option: string, value: string][] {
  return [["-c:v", encoding.encoder], ...own(encoding)];
}

function own(encoding: VideoEncoding): [string, string][] {
  const { encoder, keyTimes } = encoding;
  const level = `${Math.floor(encoding.level / 10)}.${encoding.level % 10}`;
  const profile = VIDEO_ENCODERS[encoder].codec === "h264" ? "high" : "main";
  const peak: [string, string][] = [["-maxrate", `${encoding.peakKbps}k`], ["-bufsize", `${encoding.peakKbps}k`]];
  const threads: [string, string] = ["-threads", String(encoding.threads)];
  const keys: [string, string] = ["-force_key_frames", keyTimes];
  const hvc1: [string, string][] = VIDEO_ENCODERS[encoder].codec === "hevc" ? [["-tag:v", "hvc1"]] : []; // parameter sets in the init segment only, which Safari asks for
  switch (encoder) {
    case "libx264": return [
      ["-preset", encoding.tuning.preset], ["-profile:v", profile], ["-level:v", level], ["-crf", crf(encoding)], ...peak,
      ["-x264-params", encoding.tuning.x264Params], ["-forced-idr", "1"], keys, threads,
    ];
    case "libx265": return [
      ["-preset", "veryfast"], ...(encoding.content === "slides" ? [["-tune", "animation"] satisfies [string, string]] : []), // a tenth fewer bits of slides
      ["-profile:v", profile], ["-crf", crf(encoding)], ...peak,
      // info=0: no text about the encoder in the stream. The pool's size must not show in the init segment: WPP stays on.
      ["-x265-params", `level-idc=${level}:high-tier=0:keyint=-1:scenecut=0:open-gop=0:info=0:log-level=none:wpp=1:pools=${encoding.threads}`],
      ["-forced-idr", "1"], keys, ...hvc1,
    ];
    case "libsvtav1": return [
      ["-preset", "10"], ["-crf", crf(encoding)], ...peak, ["-g", ENDLESS_GOP],
      // Key frames close a group of pictures (irefresh-type 2). Without the fourth FFmpeg's forced key frames are ignored.
      ["-svtav1-params", `level=${encoding.level}:scd=0:irefresh-type=2:enable-force-key-frames=1:lp=${encoding.threads}`], keys,
    ];
    case "h264_nvenc":
    case "hevc_nvenc":
    case "av1_nvenc": return [
      ["-preset", "p4"], ["-tune", "hq"], ...(encoder === "av1_nvenc" ? [] : [["-profile:v", profile] satisfies [string, string]]), ["-level:v", level],
      ["-rc", "vbr"], ["-cq", crf(encoding)], ["-b:v", "0"], ...peak,
      ["-g", ENDLESS_GOP], ["-bf", "2"], ["-no-scenecut", "1"], ["-forced-idr", "1"], keys, ...hvc1,
    ];
    case "h264_vaapi":
    case "hevc_vaapi": return [
      ["-profile:v", profile], ["-level:v", level], ["-rc_mode", "VBR"], ["-b:v", average(encoding)], ...peak,
      ["-g", ENDLESS_GOP], ["-bf", "2"], ["-b_depth", "1"], ["-idr_interval", "0"], keys, ...hvc1, // every forced I frame is an IDR
    ];
    case "h264_qsv":
    case "hevc_qsv": return [
      ["-preset", "veryfast"], ["-profile:v", profile], ["-level:v", String(encoding.level)], ["-b:v", average(encoding)], ...peak,
      ["-g", ENDLESS_GOP], ["-bf", "2"], ["-idr_interval", "0"],
      ...(encoder === "h264_qsv" ? [["-adaptive_i", "0"], ["-adaptive_b", "0"]] satisfies [string, string][] : []),
      ["-forced_idr", "1"], keys, ...hvc1,
    ];
    default: return encoder satisfies never;
  }
}

function crf({ encoder, quality }: VideoEncoding): string {
  const { qualityShift = 0 }: EncoderFacts = VIDEO_ENCODERS[encoder];
  return String(quality + qualityShift);
}

/** Where an encoder knows no constant quality, it is told what a rung takes on average. */
const average = ({ peakKbps }: VideoEncoding): string => `${Math.round(peakKbps * 0.6)}k`;
