/** A lecture to play: the real one of the shared media when it is there, else one made by FFmpeg. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const SHARED = resolve(import.meta.dirname, "../../../shared/media/lecture-en.mp4");

export interface Lecture { path: string; origin: string }

/** @param dir where a made one goes: 90 s of 720p25 with sound, key frames every 2 s */
export function findLecture(dir: string): Lecture {
  if (existsSync(SHARED)) return { path: SHARED, origin: "the shared media's lecture" };
  const path = join(dir, "lecture.mp4");
  execFileSync("ffmpeg", [
    "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25", "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000", "-t", "90",
    "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest", "-movflags", "+faststart", path,
  ]);
  return { path, origin: "a lecture made by FFmpeg" };
}
