/** FFmpeg's arguments for screening: frames on standard output, turned as they are shown, one after the other without headers. Pure. */
import { HASH_SIDE } from "../screening/frame-hash.ts";
import { formatSeconds } from "../rational.ts";
import { GUEST_OPTIONS, type FfmpegArguments } from "./guest.ts";

/** Side in pixels of the coloured pictures that are classified. */
export const CLASSIFIED_SIDE = 224;
export const GREY_BYTES = HASH_SIDE * HASH_SIDE;
export const COLOUR_BYTES = CLASSIFIED_SIDE * CLASSIFIED_SIDE * 3;

export type ScreenedPixels = "grey" | "colour";

/** `file`: of a source whose frames cannot be fed, from a time in microseconds on, so many frames. */
export type ScreenedInput = { kind: "packets" } | { kind: "file"; url: string; track: number; fromMicros: number; frames: number };

export function screeningArguments(pixels: ScreenedPixels, input: ScreenedInput): FfmpegArguments {
  const side = pixels === "grey" ? HASH_SIDE : CLASSIFIED_SIDE;
  const isFile = input.kind === "file";
  return {
    input: isFile ? input.url : "pipe:0",
    // The loop filter smooths what is made 64 pixels wide anyhow.
    inputOptions: [...GUEST_OPTIONS, "-threads", "1", "-skip_loop_filter", "all", ...(isFile ? ["-noaccurate_seek", "-ss", formatSeconds(input.fromMicros, 1_000_000)] : ["-f", "mp4"])],
    outputOptions: [
      "-map", `0:v:${isFile ? input.track : 0}`, "-an", "-sn", "-dn", "-vf", `scale=${side}:${side}:flags=area,format=${pixels === "grey" ? "gray" : "rgb24"}`,
      "-fps_mode", "passthrough", ...(isFile ? ["-frames:v", String(input.frames)] : []), "-f", "rawvideo",
    ],
  };
}
