/** What anyone would type: one FFmpeg that turns the URL into HLS, picture and sound in one rendition. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchSource } from "./sources.ts";

const WAYS: Readonly<Record<BenchSource["way"], readonly string[]>> = {
  repackaged: ["-c", "copy"],
  transcoded: ["-vf", "scale=-2:360", "-c:v", "libx264", "-preset", "veryfast", "-force_key_frames", "expr:gte(t,n_forced*2)", "-c:a", "aac"],
};

/** From the start of the process until its playlist lists the first segment, whose file is complete then. */
export async function timeFfmpeg(ffmpeg: string, url: string, way: BenchSource["way"], atFirstSegment: () => Promise<void>): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), "lectern-bench-"));
  const stopped = new AbortController();
  try {
    const listed = whenListed(dir, stopped.signal);
    const startedAt = performance.now();
    const child = spawn(ffmpeg, [
      "-nostdin", "-v", "error", "-i", url, "-map", "0:v:0", "-map", "0:a:0?", ...WAYS[way],
      "-f", "hls", "-hls_time", "2", "-hls_segment_type", "fmp4", "-hls_playlist_type", "event", join(dir, "media.m3u8"),
    ], { stdio: ["ignore", "ignore", "inherit"] });
    const exited = once(child, "exit");
    const first = await Promise.race([listed, exited.then(() => undefined)]);
    if (first === undefined && !(await isListed(dir))) throw new Error(`FFmpeg made no segment of ${url}`);
    const ms = (first ?? performance.now()) - startedAt;
    await atFirstSegment();
    child.kill("SIGKILL");
    await exited;
    return ms;
  } finally {
    stopped.abort();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Resolves with the time. FFmpeg writes the playlist beside and renames it, so it is never half there. */
function whenListed(dir: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const watcher = watch(dir, { signal });
    watcher.on("error", reject);
    watcher.on("change", (_event, name) => {
      if (String(name) !== "media.m3u8") return;
      const at = performance.now();
      isListed(dir).then((is) => (is ? resolve(at) : undefined)).catch(reject);
    });
  });
}

async function isListed(dir: string): Promise<boolean> {
  const playlist = await readFile(join(dir, "media.m3u8"), "utf8").catch(() => "");
  return playlist.includes(".m4s");
}
