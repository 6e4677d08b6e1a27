/** The sources of the benchmark, made once by FFmpeg and kept: a lecture as it is, and in codecs no browser plays. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeLecture } from "../../bin/demo/make-lecture.ts";

export interface BenchSource {
  name: string;
  /** In the folder that the origin serves. */
  file: string;
  /** What it takes to play it; what FFmpeg is then asked to do beside. */
  way: "repackaged" | "transcoded";
  /** Arguments of the FFmpeg run that makes it from the lecture; absent: a file that is there already. */
  make?: readonly string[];
}

const SHARED = fileURLToPath(new URL("../../../shared/media", import.meta.url));
const REAL_LECTURE = join(SHARED, "lecture-en.mp4");
const REAL_FILM = join(SHARED, "film.avi");

const lectureOf = (minutes: number, container: "mp4" | "mkv" = "mp4"): BenchSource => ({
  name: `repackaged, H.264/AAC ${container.toUpperCase()}, ${minutes} min`, file: `lecture-${minutes}.${container}`, way: "repackaged",
  make: ["-c", "copy", "-t", String(minutes * 60), ...(container === "mp4" ? ["-movflags", "+faststart"] : [])],
});

const CLIP = ["-t", "30", "-vf", "scale=1920:1080,fps=30", "-pix_fmt", "yuv420p"];
const SOURCES: readonly BenchSource[] = [
  lectureOf(1), lectureOf(14), lectureOf(60), lectureOf(60, "mkv"),
  { name: "transcoded, HEVC/AAC MP4, 1080p30", file: "hevc.mp4", way: "transcoded", make: [...CLIP, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-tag:v", "hvc1", "-c:a", "aac", "-movflags", "+faststart"] },
  { name: "transcoded, VP8/Vorbis WebM, 1080p30", file: "vp8.webm", way: "transcoded", make: [...CLIP, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M", "-g", "120", "-c:a", "libvorbis"] },
  { name: "transcoded, MPEG-4/AC-3 AVI, 1080p30", file: "mpeg4.avi", way: "transcoded", make: [...CLIP, "-c:v", "mpeg4", "-q:v", "4", "-g", "120", "-c:a", "ac3"] },
];
const FILM: BenchSource = { name: "transcoded, MPEG-4/AC-3 AVI, 480x352", file: "film.avi", way: "transcoded" };

/** Those whose name contains `only`; missing files are made in `dir`. */
export async function prepareSources(dir: string, ffmpeg: string, only: string, say: (text: string) => void): Promise<BenchSource[]> {
  await mkdir(dir, { recursive: true });
  const real = existsSync(REAL_LECTURE);
  say(real ? "Sources: the recorded lecture in ../shared/media." : "Sources: a lecture made by FFmpeg (there is no ../shared/media).");
  const wanted = [...SOURCES, ...(existsSync(REAL_FILM) ? [FILM] : [])].filter(({ name }) => name.includes(only));
  for (const { name, file, make } of wanted) {
    const path = join(dir, file);
    if (existsSync(path)) continue;
    say(`Making ${name} …`);
    const draft = join(dir, `${process.pid}-${file}`);
    try {
      if (make === undefined) await copyFile(REAL_FILM, draft);
      else {
        const lecture = real ? REAL_LECTURE : await makeLecture(dir, ffmpeg, say);
        await promisify(execFile)(ffmpeg, ["-v", "error", "-nostdin", "-y", "-stream_loop", "-1", "-i", lecture, ...make, draft]);
      }
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
  }
  return wanted;
}
