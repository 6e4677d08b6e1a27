/** A source's tracks as an init segment says them. Pure. */
import { fail } from "../config/errors.ts";
import type { AudioTrack, VideoTrack } from "./cmaf/sample-entry.ts";
import type { AudioFacts, VideoFacts } from "./facts.ts";

export function videoTrack(facts: VideoFacts): VideoTrack & { timescale: number } {
  const { codec, codecString, configuration, sampleEntry, timescale, width, height, displayWidth, displayHeight, rotation } = facts;
  const shape = { timescale, width, height, displayWidth, displayHeight, rotation };
  if (codec !== "h264" && codec !== "hevc" && codec !== "vp8" && codec !== "vp9" && codec !== "av1") {
    if (sampleEntry === undefined) throw fail("not_media", `${codec} cannot be described`);
    return { ...shape, codec: "other", sampleEntry: Buffer.from(sampleEntry, "base64") };
  }
  return {
    ...shape, codec,
    ...(codecString === undefined ? {} : { codecString }),
    ...(configuration === undefined ? {} : { configuration: Buffer.from(configuration, "base64") }),
  };
}

export function audioTrack(facts: AudioFacts): AudioTrack & { timescale: number } {
  const { codec, configuration, timescale, sampleRate, channels, language } = facts;
  if (codec !== "aac") throw fail("not_media", `${codec} is not repackaged`);
  return {
    codec, timescale, sampleRate, channels,
    ...(language === undefined ? {} : { language }),
    ...(configuration === undefined ? {} : { configuration: Buffer.from(configuration, "base64") }),
  };
}
