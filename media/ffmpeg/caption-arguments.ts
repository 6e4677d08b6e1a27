/** FFmpeg's arguments for a run that takes the captions out of a source: all of its text tracks in one pass. Pure. */
import type { Plan } from "../plan.ts";
import { GUEST_OPTIONS, type FfmpegArguments } from "./guest.ts";

/** FFmpeg's names of the kinds of text that it reads. */
export const TEXT_CODECS: ReadonlySet<string> = new Set(["subrip", "ass", "ssa", "mov_text", "webvtt", "text"]);

/**
 * Track n of the output, from 1, is `plan.subtitles[n - 1]`. Times are those of the facts: of a source that was copied for its
 * index, FFmpeg moves the start to 0, as it did for the copy. Who runs them allows the decoders of text.
 */
export function captionArguments(plan: Plan, url: string): FfmpegArguments {
  return {
    input: url,
    inputOptions: [
      ...GUEST_OPTIONS,
      ...(plan.facts.reader === "remux" ? [] : ["-copyts"]), "-vn", "-an", "-dn", // what is not wanted is passed over by the demuxer
    ],
    outputOptions: [
      ...plan.subtitles.flatMap(({ track }) => ["-map", `0:s:${plan.facts.subtitles[track]?.index ?? 0}`]),
      "-c:s", "webvtt", "-map_metadata", "-1", "-map_chapters", "-1", "-avoid_negative_ts", "disabled",
      "-f", "matroska", // it keeps the tracks, their times and their texts apart
    ],
  };
}
