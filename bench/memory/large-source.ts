/** A lecture of so many minutes and gigabytes: one minute at a constant rate, again and again. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Kept when it is made: it takes a minute. */
export async function makeLargeSource(path: string, ffmpeg: string, minutes: number, gigabytes: number): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const [minute, draft] = [`${path}.minute.mp4`, `${path}.draft.mp4`];
  const kbits = Math.round((gigabytes * 8e6) / (minutes * 60)) - 128;
  try {
    await run(ffmpeg, [
      "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25:d=60,noise=alls=30:allf=t", "-f", "lavfi", "-i", "sine=f=220:d=60",
      "-c:v", "libx264", "-preset", "ultrafast", "-b:v", `${kbits}k`, "-minrate", `${kbits}k`, "-maxrate", `${kbits}k`, "-bufsize", `${kbits}k`, "-x264-params", "nal-hrd=cbr", "-g", "50", "-c:a", "aac", "-b:a", "128k", minute,
    ]);
    await run(ffmpeg, ["-v", "error", "-nostdin", "-y", "-stream_loop", String(minutes - 1), "-i", minute, "-c", "copy", "-movflags", "+faststart", draft]);
    await rename(draft, path);
  } finally {
    await Promise.all([minute, draft].map((file) => rm(file, { force: true })));
  }
}
