/** Videos for tests: made by FFmpeg, or the real ones where the folder with them is there. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { run } from "./cmaf-media.ts";

export interface Clip {
  seconds: number;
  /** Default: 640x360. */
  size?: string;
  /** Frames a second; default: 25. */
  rate?: number;
  /** Seconds between key frames; default: 2. */
  gopSec?: number;
  /** Default: true. */
  sound?: boolean;
}

const input = ({ seconds, size = "640x360", rate = 25, sound = true }: Clip): string[] => [
  "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}`, ...(sound ? ["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000"] : []), "-t", String(seconds),
];

/** H.264 and AAC in MP4: what is served as it is. */
export async function makeLecture(path: string, clip: Clip): Promise<string> {
  const gop = String(Math.round((clip.gopSec ?? 2) * (clip.rate ?? 25)));
  await run("ffmpeg", ["-y", ...input(clip), "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", gop, "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", path]);
  return path;
}

/** MPEG-4 part 2 and AC-3 in AVI: no index that is read here, no codec that a browser plays. */
export async function makeAvi(path: string, clip: Clip): Promise<string> {
  await run("ffmpeg", ["-y", ...input(clip), "-c:v", "mpeg4", "-q:v", "6", "-c:a", "ac3", path]);
  return path;
}

/** VP8 and Vorbis in WebM. */
export async function makeWebm(path: string, clip: Clip): Promise<string> {
  await run("ffmpeg", ["-y", ...input(clip), "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-c:a", "libvorbis", path]);
  return path;
}

/** Two languages of sound and of captions, in Matroska, 14 s: H.264, AAC, SubRip. From 5 to 7 s it is morning. */
export async function makeTwoLanguages(path: string): Promise<string> {
  const captions = { en: "Good morning", de: "Guten Morgen & mehr" };
  for (const [language, text] of Object.entries(captions)) await writeFile(`${path}.${language}.srt`, `1\n00:00:05,000 --> 00:00:07,000\n${text}\n`);
  await run("ffmpeg", [
    "-y", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000", "-f", "lavfi", "-i", "sine=frequency=990:sample_rate=48000",
    "-i", `${path}.en.srt`, "-i", `${path}.de.srt`, "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map", "4", "-t", "14",
    "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac", "-c:s", "srt",
    "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu", "-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=ger", path,
  ]);
  return path;
}

/** One of the shared real videos; undefined where there are none. */
export function findSharedMedia(name: string): string | undefined {
  const path = fileURLToPath(new URL(`../../../shared/media/${name}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

/** Decodes the first video track of a file or URL: how many frames it has, and what there was to complain about. */
export async function decodeVideo(from: string): Promise<{ frames: number; complaints: string[] }> {
  const { stdout, stderr } = await run("ffprobe", ["-v", "error", "-select_streams", "v:0", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", from]);
  return { frames: Number(stdout.toString().split("\n")[0]?.replace(/,.*/, "")), complaints: stderr.split("\n").filter((line) => line.trim() !== "") };
}
