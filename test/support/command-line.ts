/** FFmpeg's arguments as one line, the way a shell would be given them, to be compared whole with a literal. */
import { DECODERS, DEMUXERS, type FfmpegArguments } from "../../media/ffmpeg/guest.ts";

/** The two long white lists, which have tests of their own, are shown as DEMUXERS and DECODERS. */
export function commandLine({ inputOptions, input, outputOptions }: FfmpegArguments): string {
  const shown = (argument: string): string => (argument === DEMUXERS.join(",") ? "DEMUXERS" : argument === DECODERS.join(",") ? "DECODERS" : argument);
  return ["ffmpeg", ...inputOptions, "-i", input, ...outputOptions].map(shown).join(" ");
}

/** A literal written on several lines. */
export const oneLine = (literal: string): string => literal.trim().split(/\s+/).join(" ");
