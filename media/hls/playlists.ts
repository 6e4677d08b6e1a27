/**
 * HLS playlists (RFC 8216bis, version 7), complete from the plan alone, although nothing has been encoded.
 *
 *   formatMasterPlaylist(plan) → string
 *   formatMediaPlaylist(plan, renditionName) → string        `segment_not_found` when the plan has no such rendition
 */
import { fail } from "../../config/errors.ts";
import type { AudioRendition, Plan, VideoRendition } from "../plan.ts";
import { rescaleFloor } from "../rational.ts";
import { inOrderOfStart } from "../start-order.ts";
import { formatAttributes, quoted } from "./attributes.ts";

const AUDIO_GROUP = "audio";
const MICROSECONDS = 1_000_000;

/** RFC 8216bis 4.4.6. */
export function formatMasterPlaylist(plan: Plan): string {
  const { audio } = plan;
  return [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    ...(audio ? [formatAudio(audio)] : []),
    ...inOrderOfStart(plan).flatMap((rendition) => [formatVariant(rendition, audio), `${rendition.name}/media.m3u8`]),
    "",
  ].join("\n");
}

function formatAudio(audio: AudioRendition): string {
  return `#EXT-X-MEDIA:${formatAttributes({
    TYPE: "AUDIO",
    "GROUP-ID": quoted(AUDIO_GROUP),
    NAME: quoted("Audio"),
    LANGUAGE: isLanguageTag(audio.language) ? quoted(audio.language) : undefined,
    DEFAULT: "YES",
    AUTOSELECT: "YES",
    CHANNELS: quoted(String(audio.channels)),
    URI: quoted(`${audio.name}/media.m3u8`),
  })}`;
}

function formatVariant(rendition: VideoRendition, audio: AudioRendition | undefined): string {
  const { num, den } = rendition.frameRate;
  const milliRate = Math.round((num * 1000) / den);
  return `#EXT-X-STREAM-INF:${formatAttributes({
    BANDWIDTH: String(Math.ceil(rendition.bandwidth + (audio?.bandwidth ?? 0))),
    "AVERAGE-BANDWIDTH": String(Math.ceil(rendition.averageBandwidth + (audio?.bandwidth ?? 0))),
    CODECS: quoted([rendition.codecs, ...(audio ? [audio.codecs] : [])].join(",")),
    RESOLUTION: `${rendition.width}x${rendition.height}`,
    "FRAME-RATE": `${Math.floor(milliRate / 1000)}.${String(milliRate % 1000).padStart(3, "0")}`,
    AUDIO: audio ? quoted(AUDIO_GROUP) : undefined,
    // Said, or some players offer captions inside the video that aren't there.
    "CLOSED-CAPTIONS": "NONE",
  })}`;
}

/** A source may say anything; only the form of RFC 5646, and not "undetermined", is passed on. */
function isLanguageTag(language: string | undefined): language is string {
  return language !== undefined && language !== "und" && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}$/.test(language);
}

/** RFC 8216bis 4.4.3. Audio has the segments of the video. */
export function formatMediaPlaylist(plan: Plan, renditionName: string): string {
  if (plan.audio?.name !== renditionName && !plan.video.some((rendition) => rendition.name === renditionName)) {
    throw fail("segment_not_found", "the video has no such rendition", { rendition: renditionName });
  }
  const durations = segmentMicroseconds(plan);
  return [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    `#EXT-X-TARGETDURATION:${targetDuration(durations)}`,
    "#EXT-X-MEDIA-SEQUENCE:0",
    "#EXT-X-PLAYLIST-TYPE:VOD",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    '#EXT-X-MAP:URI="init.mp4"',
    ...durations.flatMap((duration, index) => [`#EXTINF:${formatMicroseconds(duration)},`, `${index}.m4s`]),
    "#EXT-X-ENDLIST",
    "",
  ].join("\n");
}

/** Differences of rounded boundaries, not rounded differences: so that the sum is never further off than a microsecond. */
function segmentMicroseconds({ boundaries, timescale }: Plan): number[] {
  const rounded = boundaries.map((ticks) => rescaleFloor(ticks, timescale, MICROSECONDS));
  return rounded.slice(1).map((end, index) => end - (rounded[index] ?? 0));
}

/** Each duration, rounded to the nearest second, must not be over it. */
function targetDuration(durations: readonly number[]): number {
  return durations.reduce((longest, duration) => Math.max(longest, Math.floor((duration + MICROSECONDS / 2) / MICROSECONDS)), 1);
}

function formatMicroseconds(duration: number): string {
  return `${Math.floor(duration / MICROSECONDS)}.${String(duration % MICROSECONDS).padStart(6, "0")}`;
}
