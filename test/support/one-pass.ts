/**
 * What a single pass of FFmpeg over a source gives, and what the segments of a rendition give when they are joined, so
 * that the two can be compared frame by frame.
 */
import { run } from "./cmaf-media.ts";

const WIDTH = 32;
const HEIGHT = 18;

export interface Decoded {
  /** When each frame is shown, in seconds after the first. */
  times: number[];
  /** Each frame's brightness in 32 × 18 squares: the same picture at any size and quality. */
  pictures: Buffer[];
  complaints: string[];
}

/** Decodes the first real video track in one pass; every frame is kept. */
export async function decodePictures(file: string): Promise<Decoded> {
  const { stdout, stderr } = await run("ffmpeg", [
    "-v", "error", "-reinit_filter", "0", "-i", file,
    "-map", "0:V:0", "-fps_mode", "passthrough", "-vf", `scale=${WIDTH}:${HEIGHT}:flags=area,format=gray`, "-f", "rawvideo", "pipe:1",
    "-map", "0:V:0", "-fps_mode", "passthrough", "-vf", "scale=16:16", "-f", "framecrc", "pipe:2",
  ]);
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const isTiming = (line: string): boolean => line.startsWith("#") || /^0, +-?\d/.test(line);
  return { times: parseTimes(lines.filter(isTiming)), pictures: cutPictures(stdout), complaints: lines.filter((line) => !isTiming(line) && !isOfOutput(line)) };
}

/** Of the raw pictures that this writes: their container has no times finer than a frame. */
function isOfOutput(line: string): boolean {
  return line.startsWith("[rawvideo @") || line.includes("Last message repeated");
}

function cutPictures(bytes: Buffer): Buffer[] {
  const size = WIDTH * HEIGHT;
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

/** FFmpeg's framecrc: `#tb 0: 1/12800`, then a line a frame with its presentation time in the third column. */
function parseTimes(lines: readonly string[]): number[] {
  const [num = 1, den = 1] = lines.flatMap((line) => /^#tb 0: (\d+)\/(\d+)$/.exec(line)?.slice(1) ?? []).map(Number);
  const ticks = lines.filter((line) => !line.startsWith("#")).map((line) => Number(line.split(",")[2]));
  const first = ticks[0] ?? 0;
  return ticks.map((tick) => ((tick - first) * num) / den);
}

/** Mean difference of brightness, 0 to 255. */
export function difference(a: Buffer | undefined, b: Buffer | undefined): number {
  if (a === undefined || b === undefined) return Infinity;
  return a.reduce((sum, level, i) => sum + Math.abs(level - (b[i] ?? 0)), 0) / a.length;
}

/** A frame that looks clearly more like the one before or behind it stands at the wrong place. */
const CLEARLY = 0.3;

/** Indices of the frames of `joined` that are not the frames of `reference` at the same place. */
export function misplaced(joined: Decoded, reference: Decoded): number[] {
  return joined.pictures.flatMap((picture, i) => {
    const here = difference(picture, reference.pictures[i]);
    return [i - 1, i + 1].some((other) => difference(picture, reference.pictures[other]) < here - CLEARLY) ? [i] : [];
  });
}

/** The largest difference of time between frames of the same place, in seconds. */
export function largestShift(joined: Decoded, reference: Decoded): number {
  return Math.max(...joined.times.map((time, i) => Math.abs(time - (reference.times[i] ?? Infinity))));
}
