/** Videos whose frames carry their number as bars of light and dark, which any encoder leaves readable, and images of them. */
import { run } from "./cmaf-media.ts";

const BITS = 10;
const BAR = 32;
const WIDTH = BITS * BAR;
const HEIGHT = 96;

/** A lavfi graph of frames 0, 1, 2, …; bit i of the number is bar i from the left. */
export function numberedFrames(rate: string, filters = ""): string {
  const bars = Array.from({ length: BITS }, (_, bit) => `drawbox=x=${bit * BAR}:y=0:w=${BAR}:h=${HEIGHT}:color=white:t=fill:enable='mod(floor(n/${2 ** bit}),2)'`);
  return [`color=c=black:s=${WIDTH}x${HEIGHT}:r=${rate}`, ...bars, ...(filters === "" ? [] : [filters])].join(",");
}

/** `seconds` of numbered frames, encoded by `encoder`, into `path`. */
export async function makeNumbered(path: string, seconds: number, rate: string, encoder: readonly string[], filters = ""): Promise<string> {
  await run("ffmpeg", ["-nostdin", "-y", "-f", "lavfi", "-i", numberedFrames(rate, filters), "-t", String(seconds), "-pix_fmt", "yuv420p", ...encoder, path]);
  return path;
}

/** `ticks`: from the first frame. */
export interface ShownFrame { ticks: number; number: number }
/** `originTicks`: the first frame's time in the file. */
export interface NumberedFrames { timescale: number; originTicks: number; frames: ShownFrame[] }

/** Every frame of a file in order of presentation, as one pass of FFmpeg shows them: upright, times from the first one's. */
export async function readNumbered(path: string, turned = false): Promise<NumberedFrames> {
  const { stdout } = await run("ffprobe", ["-select_streams", "v:0", "-show_entries", "stream=time_base:frame=pts", "-of", "json", path]);
  const probed = JSON.parse(stdout.toString()) as { streams: { time_base: string }[]; frames: { pts: number }[] };
  const times = probed.frames.map(({ pts }) => pts).toSorted((a, b) => a - b);
  const [width, height] = turned ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT];
  const { stdout: pixels } = await run("ffmpeg", ["-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf", `scale=${width}:${height},format=gray`, "-f", "rawvideo", "-"]);
  const size = width * height;
  const frames = times.map((pts, i) => ({ ticks: pts - (times[0] ?? 0), number: numberOf(pixels.subarray(i * size, (i + 1) * size), width, height) }));
  return { timescale: Number(probed.streams[0]?.time_base.split("/")[1]), originTicks: times[0] ?? 0, frames };
}

/** The number of the frame that an image shows, which may be turned clockwise and of any size. */
export async function readImage(path: string, turned = false): Promise<number> {
  const [width, height] = turned ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT];
  const { stdout } = await run("ffmpeg", ["-i", path, "-vf", `scale=${width}:${height},format=gray`, "-f", "rawvideo", "-"]);
  return numberOf(stdout, width, height);
}

/** Bars run along the longer side. */
function numberOf(gray: Buffer, width: number, height: number): number {
  const light = (bit: number): boolean => {
    const along = bit * BAR + BAR / 2;
    const [x, y] = width > height ? [along, height / 2] : [width / 2, along];
    return (gray[y * width + x] ?? 0) > 100;
  };
  return Array.from({ length: BITS }, (_, bit) => (light(bit) ? 2 ** bit : 0)).reduce((sum, value) => sum + value, 0);
}

/** `ticks` as decimal seconds that are not before it, or, with `before`, just before it. Nine places. */
export function decimalSeconds(ticks: number, timescale: number, before = false): string {
  const nanos = (BigInt(ticks) * 1_000_000_000n + BigInt(timescale) - 1n) / BigInt(timescale) - (before ? 1n : 0n);
  return `${nanos / 1_000_000_000n}.${String(nanos % 1_000_000_000n).padStart(9, "0")}`;
}
