/**
 * FFmpeg's arguments for a lossless copy of a source into a QuickTime file, whose index says where each frame is. Pure.
 * Clocks that wrap or jump are joined, a start other than 0 is moved there, what precedes the first key frame is left out:
 * all as FFmpeg does in one pass, and once.
 */
import { GUEST_OPTIONS } from "./guest.ts";

/** `copy`: as it is; `alac`: decoded and kept lossless, where QuickTime cannot hold it or it is damaged; `none`: without. */
export type RemuxAudio = "copy" | "alac" | "none";

/** `maxBytes` bounds what is written: a copy is about as large as its source. */
export function remuxArguments(url: string, output: string, audio: RemuxAudio, maxBytes: number): string[] {
  return [
    ...GUEST_OPTIONS,
    "-fflags", "+genpts", // AVI and the like only say in which order frames are decoded
    "-i", url,
    "-map", "0:V:0", ...(audio === "none" ? [] : ["-map", "0:a?"]), "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1",
    "-c:v", "copy", ...(audio === "none" ? [] : ["-c:a", audio]),
    "-copytb", "1", // in the container's own ticks, not in those of a guessed frame rate
    "-fs", String(maxBytes), "-f", "mov", "-y", output,
  ];
}
