/** The time of a frame as an image, from Lectern and from a bare FFmpeg on the local file. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { StillFormat } from "../media/ffmpeg/still-arguments.ts";

const ENCODERS: Readonly<Record<StillFormat, readonly string[]>> = {
  jpg: ["-c:v", "mjpeg", "-q:v", "3"], webp: ["-c:v", "libwebp", "-quality", "80"], png: ["-c:v", "png"], avif: ["-c:v", "libaom-av1", "-still-picture", "1", "-usage", "realtime", "-cpu-used", "8", "-crf", "30"],
};

/** Milliseconds. */
export async function time(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Asks again while it is not done: on a busy machine the first sheet takes longer than a request may wait. */
export async function fetchStill(url: string): Promise<void> {
  let answer = await fetch(url);
  for (; answer.status === 503; answer = await fetch(url)) await answer.arrayBuffer();
  const bytes = await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${answer.status} ${Buffer.from(bytes).toString()}`);
}

/** What anyone would type. AVIF as a bare picture: the file's boxes are a few hundred bytes. */
export async function bareStill(ffmpeg: string, path: string, t: string, format: StillFormat): Promise<void> {
  const child = spawn(ffmpeg, ["-nostdin", "-v", "error", "-ss", t, "-i", path, "-frames:v", "1", ...ENCODERS[format], "-f", format === "avif" ? "obu" : "image2pipe", "-"], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.resume();
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`FFmpeg ended with ${code}`);
}
