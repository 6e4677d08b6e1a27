/** The time of a segment that nobody has made, from Lectern and from a bare FFmpeg that makes the same of the local file. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createFragmentSplitter } from "../media/cmaf/encoder-output.ts";

export interface Timing { firstMs: number; lastMs: number }

const MAX_BOX_BYTES = 64 * 1024 * 1024;

/** Where the segments of a media playlist begin, and how long they are. */
export function startsOf(playlist: string): { startSec: number; sec: number }[] {
  let startSec = 0;
  return [...playlist.matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, seconds]) => {
    const sec = Number(seconds);
    startSec += sec;
    return { startSec: startSec - sec, sec };
  });
}

/** Until nothing is made ahead of the viewer any more: it would be measured with what comes next. */
export async function untilIdle(base: string): Promise<void> {
  for (;;) {
    const { lanes } = (await (await fetch(`${base}/v1/queue`)).json()) as { lanes: Record<string, { waiting?: number; active?: number }> };
    if (Object.values(lanes).every(({ waiting = 0, active = 0 }) => waiting + active === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export async function timeSegment(url: string): Promise<Timing> {
  const startedAt = performance.now();
  const answer = await fetch(url);
  if (!answer.ok || answer.body === null) throw new Error(`${url}: ${answer.status}`);
  let firstMs: number | undefined;
  for await (const _ of answer.body) firstMs ??= performance.now() - startedAt;
  return { firstMs: firstMs ?? Number.NaN, lastMs: performance.now() - startedAt };
}

/**
 * In one fragment, as FFmpeg's own HLS muxer would write it; the first byte is that of the media, not of the init segment.
 * `height`: of the picture it is encoded to; absent: the frames as they are.
 */
export async function timeFfmpegSegment(ffmpeg: string, file: string, { startSec, sec, height }: { startSec: number; sec: number; height?: number }): Promise<Timing> {
  const startedAt = performance.now();
  const how = height === undefined ? ["-c:v", "copy"] : ["-vf", `scale=-2:${height}`, "-c:v", "libx264", "-preset", "veryfast", "-g", "1000"];
  const child = spawn(ffmpeg, [
    "-nostdin", "-v", "error", "-ss", String(startSec), "-i", file, "-t", String(sec), "-an", ...how,
    "-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "-",
  ], { stdio: ["ignore", "pipe", "inherit"] });
  const splitter = createFragmentSplitter(MAX_BOX_BYTES);
  let firstMs: number | undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    if (splitter.push(chunk).some(({ kind }) => kind === "fragment")) firstMs ??= performance.now() - startedAt;
  });
  await once(child, "close");
  return { firstMs: firstMs ?? Number.NaN, lastMs: performance.now() - startedAt };
}
