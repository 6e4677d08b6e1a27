/** FFmpeg's arguments for a look at a video: the frames it is fed, small and grey, on standard output. Pure. */
import type { FrameSize } from "../content/moment.ts";
import { GUEST_OPTIONS, type FfmpegArguments } from "./guest.ts";

export function lookArguments(size: FrameSize): FfmpegArguments {
  return {
    input: "pipe:0",
    inputOptions: [...GUEST_OPTIONS, "-threads", "1", "-f", "mp4", "-noautorotate"],
    outputOptions: [
      "-map", "0:v:0", "-vf", `scale=${size.width}:${size.height}:flags=area,format=gray`,
      "-fps_mode", "passthrough", "-f", "rawvideo",
    ],
  };
}
