/** One encode of a reference as the transcoder makes segments, and how good it is. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import { FRAGMENTED_OUTPUT } from "../../media/ffmpeg/guest.ts";
import type { Tuning } from "../../media/ffmpeg/tuning.ts";
import type { Point } from "./curve.ts";
import type { Reference } from "./reference.ts";
import { addFrame, emptySums } from "./ssim.ts";

/** Every so manieth frame is compared: no multiple of how many B-frames stand in a row. */
const EVERY = 7;

export interface Encode { tuning: Tuning; /** Instead of the tuning's own. */ crf: number; boundaries: readonly number[]; peakKbps: number }

export async function encode(ffmpeg: string, reference: Reference, { tuning, crf, boundaries, peakKbps }: Encode, path: string): Promise<Point> {
  const { stderr } = await promisify(execFile)(ffmpeg, [
    "-v", "info", "-benchmark", "-nostdin", "-nostats", "-y", "-i", reference.path,
    "-c:v", "libx264", "-preset", tuning.preset, "-profile:v", "high", "-crf", String(crf), "-maxrate", `${peakKbps}k`, "-bufsize", `${peakKbps}k`,
    "-x264-params", tuning.x264Params, "-forced-idr", "1", "-force_key_frames", boundaries.map((seconds) => seconds.toFixed(6)).join(","),
    "-fps_mode", "passthrough", ...FRAGMENTED_OUTPUT, path,
  ], { maxBuffer: 16 * 1024 * 1024 });
  const bytes = (await stat(path)).size;
  const sums = await compare(ffmpeg, reference, path);
  return {
    kbps: (bytes * 8) / reference.seconds / 1000,
    loss: sums.loss / sums.windows,
    printLoss: sums.printLoss / sums.printWindows,
    cpuSec: Number(/utime=([\d.]+)s/.exec(stderr)?.[1] ?? Number.NaN),
  };
}

async function compare(ffmpeg: string, { path: source, width, height }: Reference, copy: string) {
  const sums = emptySums();
  const copies = frames(ffmpeg, copy, width * height);
  let before: Uint8Array | undefined;
  for await (const frame of frames(ffmpeg, source, width * height)) {
    const other = await copies.next();
    if (other.done === true) throw new Error(`${copy} has fewer frames than its reference.`);
    addFrame(sums, { source: frame, copy: other.value, before, width, height });
    before = frame;
  }
  if ((await copies.next()).done !== true) throw new Error(`${copy} has more frames than its reference.`);
  return sums;
}

/** Luma of every seventh frame. */
async function* frames(ffmpeg: string, path: string, bytes: number): AsyncGenerator<Uint8Array, undefined> {
  const child = spawn(ffmpeg, ["-v", "error", "-nostdin", "-i", path, "-vf", `select=not(mod(n\\,${EVERY})),extractplanes=y`, "-fps_mode", "passthrough", "-f", "rawvideo", "-"], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let frame = Buffer.alloc(bytes);
  let filled = 0;
  for await (const chunk of child.stdout) {
    if (!Buffer.isBuffer(chunk)) continue;
    for (let at = 0; at < chunk.byteLength;) {
      const copied = chunk.copy(frame, filled, at);
      at += copied;
      filled += copied;
      if (filled < bytes) break;
      yield frame;
      frame = Buffer.alloc(bytes);
      filled = 0;
    }
  }
  const [code] = await exited;
  if (code !== 0) throw new Error(`FFmpeg could not read ${path}.`);
  return undefined;
}
