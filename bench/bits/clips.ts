/** What is encoded: the real lectures where they are, else one made by FFmpeg. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeLecture } from "../../bin/demo/make-lecture.ts";
import type { Profile } from "../../media/content/profile.ts";

export interface Clip {
  name: string;
  path: string;
  /** Of it, so much is encoded. */
  seconds: number;
  runs: number;
  /** Of a source whose packets the demuxer does not hand out, and that is therefore not looked at. */
  profile?: Profile;
}

const SHARED = fileURLToPath(new URL("../../../shared/media", import.meta.url));
const REAL: readonly (Omit<Clip, "path"> & { file: string })[] = [
  { name: "lecture", file: "lecture-en.mp4", seconds: 60, runs: 3 },
  { name: "talk", file: "talk.mp4", seconds: 20, runs: 2 },
  { name: "lab", file: "lab.mp4", seconds: 10, runs: 1 },
  { name: "film", file: "film.avi", seconds: 12, runs: 1, profile: "animation" },
];

export async function prepareClips(dir: string, ffmpeg: string, say: (text: string) => void): Promise<Clip[]> {
  const real = REAL.map(({ file, ...clip }) => ({ ...clip, path: join(SHARED, file) })).filter(({ path }) => existsSync(path));
  say(real.length > 0 ? "Clips: the recorded lectures in ../shared/media." : "Clips: a lecture made by FFmpeg (there is no ../shared/media).");
  return real.length > 0 ? real : [{ name: "made lecture", path: await makeLecture(dir, ffmpeg, say), seconds: 60, runs: 3 }];
}
