/** Pure: from what was seen of a source to the verdict, with reasons a person can act on. */
import { DECODERS, MAX_SIDE, type InputLimits } from "../../media/ffmpeg/guest.ts";
import type { Facts } from "../../media/facts.ts";
import { looksLikeHtml, looksLikeText, type Sniffed } from "../../media/sniff.ts";
import type { BoxLayout } from "./box-layout.ts";
import type { Reason } from "../videos/videos.contract.ts";

export interface Limits extends InputLimits { maxDurationSec: number }

/** A picture that lasts this much longer than its sound, and for hours, has broken times. */
const MAX_OUTLAST = 1_000;
const LONG_SEC = 3_600;

/** What the first bytes alone rule out. */
export function judgeHead(head: Uint8Array, sniffed: Sniffed): Reason | undefined {
  switch (sniffed.kind) {
    case "media":
      return undefined;
    case "reference":
      return { class: "forbidden_reference", message: `The source is ${sniffed.what}, which points at other resources. Post the video itself.`, found: sniffed.what };
    case "other":
      return { class: "unsupported_container", message: `The source is ${sniffed.what}, not a video.`, found: sniffed.what };
    case "unknown":
      if (looksLikeHtml(head)) return { class: "not_media", message: "The source is a web page, not a video. Post the address of the video file itself.", found: "text/html" };
      if (looksLikeText(head)) return { class: "unsupported_container", message: "The source is text, not a video.", found: "text" };
      return { class: "not_media", message: "The source is in no video format that is known here." };
    default:
      return sniffed satisfies never;
  }
}

export const ENCRYPTED: Reason = { class: "encrypted", message: "The video is encrypted. Post a version without copy protection." };

export function judgeTracks(tracks: number, { maxStreams }: Pick<Limits, "maxStreams">): Reason[] {
  return tracks <= maxStreams ? [] : [{ class: "limit_streams", message: `The file has ${tracks} tracks; at most ${maxStreams} are taken.`, tracks }];
}

/** What the facts rule out; none: accepted. */
export function judgeFacts(facts: Facts, limits: Limits): Reason[] {
  const { video } = facts;
  const durationSec = (video.end - video.start) / video.timescale;
  const reasons: Reason[] = [];
  if (!(DECODERS as readonly string[]).includes(video.codec)) {
    reasons.push(unsupportedCodec(video.codec));
  }
  // As shown, too: the shape of a pixel can make a small picture an endless one.
  const sizes = [[video.width, video.height], [video.displayWidth, video.displayHeight]] as const;
  const large = sizes.find(([width, height]) => width * height > limits.maxPixels || Math.max(width, height) > MAX_SIDE);
  if (large !== undefined) reasons.push(tooLarge(...large, limits));
  if (durationSec > limits.maxDurationSec) {
    reasons.push({ class: "limit_duration", message: `The video lasts ${Math.round(durationSec / 3600)} hours; at most ${limits.maxDurationSec / 3600} are taken.`, durationSec: Math.round(durationSec) });
  }
  const audioSec = facts.audio.length === 0 ? durationSec : Math.max(...facts.audio.map((audio) => (audio.end - audio.start) / audio.timescale));
  if (durationSec > LONG_SEC && durationSec > MAX_OUTLAST * audioSec) {
    reasons.push({ class: "corrupt", message: `The file says that its picture lasts ${Math.round(durationSec)} seconds and its sound ${Math.round(audioSec)}: its times are damaged.`, durationSec: Math.round(durationSec), audioSec: Math.round(audioSec) });
  }
  return reasons;
}

export function tooLarge(width: number, height: number, { maxPixels }: Pick<Limits, "maxPixels">): Reason {
  return { class: "limit_dimensions", message: `The picture has ${width} × ${height} pixels; at most ${maxPixels} in all and ${MAX_SIDE} along a side are taken.`, width, height };
}

export function unsupportedCodec(codec: string): Reason {
  return { class: "unsupported_codec", message: `The video is coded as ${codec || "something unknown"}, which is not decoded here. Export it as H.264.`, codec };
}

/** Why a container that was recognised cannot be read. `layout` is what a walk over an MP4's boxes found. */
export function unreadable(container: string, layout: BoxLayout | undefined): Reason {
  if (layout === "encrypted") return ENCRYPTED;
  return layout === "incomplete"
    ? { class: "truncated", message: "The file is incomplete: it ends before its index. Upload or download it again.", container }
    : { class: "corrupt", message: `The ${container} file is damaged and cannot be read.`, container };
}
