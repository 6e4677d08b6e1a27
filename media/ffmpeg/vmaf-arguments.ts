/**
 * FFmpeg's arguments for comparing raw frames by libvmaf (its own build's, with the model it comes with). A guest has one
 * input: frames that were made and the source's come in turn. Pure.
 */
import type { Size } from "../quality/picture.ts";
import { GUEST_OPTIONS, type Allowed, type FfmpegArguments } from "./guest.ts";

/** The frames are our own, as QuickTime's are: UYVY. */
export const VMAF_INPUT: Allowed = { demuxers: ["rawvideo"], decoders: ["rawvideo"] };

/** Frames on standard input: made, source, made, source. */
export function vmafArguments({ size: { width, height }, threads }: { size: Size; threads: number }): FfmpegArguments {
  const each = (remainder: number): string => `select='eq(mod(n,2),${remainder})',setpts=N/25/TB`;
  return {
    input: "pipe:0",
    inputOptions: [...GUEST_OPTIONS, "-v", "info", "-f", "rawvideo", "-pix_fmt", "uyvy422", "-video_size", `${width}x${height}`, "-framerate", "25"],
    outputOptions: ["-filter_complex", `[0:v]split[a][b];[a]${each(0)},format=yuv420p[made];[b]${each(1)},format=yuv420p[source];[made][source]libvmaf=n_threads=${threads}`, "-an", "-f", "null"],
  };
}

/** "VMAF score: 97.42" of FFmpeg 4.4 and later, "VMAF score = 97.42" before. */
export function readVmafScore(lines: readonly string[]): number | undefined {
  const [, score] = lines.map((line) => /VMAF score\s*[:=]\s*(\d+(?:\.\d+)?)/.exec(line)).findLast((match) => match !== null) ?? [];
  return score === undefined ? undefined : Number(score);
}
