/** A lecture whose frames show when they are. */
import { run } from "./cmaf-media.ts";

/** Seconds. */
export const FLASH = { from: 10, to: 11 } as const;

/** Black but for a second of white; H.264 with a pyramid of B-frames. */
export async function makeFlash(path: string): Promise<string> {
  const white = `drawbox=w=iw:h=ih:t=fill:color=white:enable='gte(t,${FLASH.from})*lt(t,${FLASH.to})'`;
  await run("ffmpeg", [
    "-y", "-f", "lavfi", "-i", `color=black:size=1280x720:rate=25,${white}`, "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000", "-t", "40",
    "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-b_strategy", "0", "-x264-params", "b-pyramid=normal", "-g", "100", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", path,
  ]);
  return path;
}
