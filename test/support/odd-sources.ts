/** Sources of many kinds, made by FFmpeg: codecs, containers, groups of pictures, clocks. */
import { run } from "./cmaf-media.ts";

export interface OddSource { name: string; extension: string; args: readonly string[]; /** Frames a second of the picture that is made; default 25. */ rate?: number }

const x264 = (...params: string[]): string[] => ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-x264-params", ["scenecut=0", ...params].join(":")];
/** Frames at irregular times: some are dropped, all others keep theirs. */
const IRREGULAR = ["-vf", "select='not(eq(mod(n,7),3)+eq(mod(n,11),5))'", "-fps_mode", "passthrough"];

export const ODD_SOURCES: readonly OddSource[] = [
  { name: "H.264, open groups of pictures", extension: "mp4", args: x264("open-gop=1", "keyint=30", "bframes=3") },
  { name: "H.264, a pyramid of B-frames", extension: "mp4", args: x264("keyint=250", "bframes=8", "b-pyramid=normal") },
  { name: "H.264 in MPEG-TS", extension: "ts", args: [...x264("keyint=40", "bframes=3"), "-muxdelay", "0.7"] },
  { name: "H.264 in FLV", extension: "flv", args: x264("keyint=60", "bframes=2") },
  { name: "H.264 in Matroska, one key frame", extension: "mkv", args: x264("keyint=1000", "bframes=3") },
  { name: "H.264, fragmented", extension: "mp4", args: [...x264("keyint=25"), "-movflags", "+frag_keyframe+empty_moov"] },
  { name: "H.264, irregular times", extension: "mkv", args: [...x264("keyint=50", "bframes=3"), ...IRREGULAR] },
  { name: "H.264, interlaced", extension: "mp4", args: [...x264("keyint=50", "interlaced=1"), "-vf", "setfield=tff"] },
  { name: "HEVC, open groups of pictures", extension: "mp4", args: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=40:open-gop=1:bframes=3", "-tag:v", "hvc1"] },
  { name: "MPEG-4 with B-frames in AVI", extension: "avi", args: ["-c:v", "mpeg4", "-q:v", "4", "-bf", "2", "-g", "40"] },
  { name: "MPEG-2 in MPEG-TS", extension: "ts", args: ["-c:v", "mpeg2video", "-q:v", "4", "-bf", "2", "-g", "15"] },
  { name: "MPEG-2 in a program stream", extension: "mpg", args: ["-c:v", "mpeg2video", "-q:v", "4", "-bf", "2", "-g", "15"] },
  { name: "VP9, hidden frames", extension: "webm", args: ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames", "10", "-auto-alt-ref", "1", "-g", "60"] },
  { name: "VP8, irregular times", extension: "webm", args: ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-auto-alt-ref", "1", "-lag-in-frames", "10", "-g", "60", ...IRREGULAR] },
  { name: "AV1", extension: "mp4", args: ["-c:v", "libsvtav1", "-preset", "12", "-g", "50"] },
  { name: "MJPEG", extension: "mov", args: ["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"] },
  { name: "Theora in Ogg", extension: "ogv", args: ["-c:v", "libtheora", "-q:v", "6", "-g", "32"] },
  { name: "WMV in ASF", extension: "wmv", args: ["-c:v", "wmv2", "-q:v", "4", "-g", "40"] },
  { name: "90 frames a second", extension: "mp4", rate: 90, args: x264("keyint=91", "bframes=2") },
  { name: "12.5 frames a second", extension: "mp4", rate: 12.5, args: x264("keyint=30") },
];

export async function makeOddSource(path: string, { args, rate = 25 }: OddSource, seconds: number): Promise<string> {
  await run("ffmpeg", ["-y", "-f", "lavfi", "-i", `testsrc2=size=160x96:rate=${rate}:duration=${seconds}`, ...args, "-an", path]);
  return path;
}
