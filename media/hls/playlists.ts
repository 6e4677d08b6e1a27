/**
 * HLS playlists (RFC 8216bis, version 7), complete from the plan alone, although nothing has been encoded.
 *
 *   formatMasterPlaylist(plan, measured?, playing?) → string           `measured`: the bandwidths of renditions that are complete
 *   formatMediaPlaylist(plan, renditionName, playing?) → string        `segment_not_found` when the plan has no such rendition
 *   formatKeyFramePlaylist(plan, renditionName, playing?) → string     the same
 *   formatSubtitlePlaylist(plan, subtitleName) → string                the same
 *
 * `playing`: how the media are encrypted; absent: not at all.
 */
import { fail } from "../../config/errors.ts";
import { bandwidthOf, type Bandwidth, type Measured } from "../bandwidth.ts";
import { findRendition } from "../plan-video.ts";
import type { Plan, VideoRendition } from "../plan.ts";
import { rescaleFloor } from "../rational.ts";
import { inOrderOfStart } from "../start-order.ts";
import { trickRendition } from "../trick-play.ts";
import { formatAttributes, quoted } from "./attributes.ts";
import { formatKeys, formatSessionKeys, type PlaylistProtection } from "./keys.ts";
import { AUDIO_GROUP, formatAudioTracks, formatSubtitleTracks, SUBTITLE_GROUP } from "./track-groups.ts";

const MICROSECONDS = 1_000_000;
const PLAIN: PlaylistProtection = { protection: "none" };

/** RFC 8216bis 4.4.6. */
export function formatMasterPlaylist(plan: Plan, measured?: Measured, playing = PLAIN): string {
  const sound = loudest(plan, measured);
  const trick = trickRendition(plan);
  return [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    ...formatSessionKeys(playing),
    ...formatAudioTracks(plan.audio),
    ...formatSubtitleTracks(plan.subtitles),
    ...inOrderOfStart(plan).flatMap((rendition) => [formatVariant(plan, rendition, bandwidthOf(rendition, measured), sound), `${rendition.name}/media.m3u8`]),
    ...(trick === undefined ? [] : [formatKeyFrames(trick, bandwidthOf(trick, measured))]),
    "",
  ].join("\n");
}

/** A variant promises its rate with whichever sound is chosen. */
function loudest({ audio }: Plan, measured: Measured | undefined): Bandwidth {
  const all = audio.map((rendition) => bandwidthOf(rendition, measured));
  return { peak: Math.max(0, ...all.map(({ peak }) => peak)), average: Math.max(0, ...all.map(({ average }) => average)) };
}

function formatVariant({ audio, subtitles }: Plan, rendition: VideoRendition, { peak, average }: Bandwidth, sound: Bandwidth): string {
  const { num, den } = rendition.frameRate;
  const milliRate = Math.round((num * 1000) / den);
  return `#EXT-X-STREAM-INF:${formatAttributes({
    BANDWIDTH: String(peak + sound.peak),
    "AVERAGE-BANDWIDTH": String(average + sound.average),
    CODECS: quoted([...new Set([rendition.codecs, ...audio.map(({ codecs }) => codecs)])].join(",")),
    RESOLUTION: `${rendition.width}x${rendition.height}`,
    "FRAME-RATE": `${Math.floor(milliRate / 1000)}.${String(milliRate % 1000).padStart(3, "0")}`,
    AUDIO: audio.length > 0 ? quoted(AUDIO_GROUP) : undefined,
    SUBTITLES: subtitles.length > 0 ? quoted(SUBTITLE_GROUP) : undefined,
    // Said, or some players offer captions inside the video that aren't there.
    "CLOSED-CAPTIONS": "NONE",
  })}`;
}

/** RFC 8216bis 4.4.6.3. Each key frame lasts as long as its segment, of which it is a part: their rate is never over the segments'. */
function formatKeyFrames({ name, codecs, width, height }: VideoRendition, { peak, average }: Bandwidth): string {
  return `#EXT-X-I-FRAME-STREAM-INF:${formatAttributes({
    BANDWIDTH: String(peak), "AVERAGE-BANDWIDTH": String(average), CODECS: quoted(codecs), RESOLUTION: `${width}x${height}`, URI: quoted(`${name}/iframes.m3u8`),
  })}`;
}

/** RFC 8216bis 4.4.3. Audio has the segments of the video. */
export function formatMediaPlaylist(plan: Plan, renditionName: string, playing = PLAIN): string {
  if (findRendition(plan, renditionName) === undefined) throw unknownRendition(renditionName);
  return formatSegments(plan, ["#EXT-X-INDEPENDENT-SEGMENTS", '#EXT-X-MAP:URI="init.mp4"', ...formatKeys(playing, "../")], (n) => `${n}.m4s`);
}

/** RFC 8216bis 4.4.3.6: one key frame a segment, each a resource of its own. */
export function formatKeyFramePlaylist(plan: Plan, renditionName: string, playing = PLAIN): string {
  if (findRendition(plan, renditionName)?.kind !== "video") throw unknownRendition(renditionName);
  return formatSegments(plan, ["#EXT-X-I-FRAMES-ONLY", '#EXT-X-MAP:URI="init.mp4"', ...formatKeys(playing, "../")], (n) => `keys/${n}.m4s`);
}

/** The whole of the captions as one segment: a lecture's are some tens of kilobytes, and their cues say when. */
export function formatSubtitlePlaylist(plan: Plan, subtitleName: string): string {
  if (!plan.subtitles.some(({ name }) => name === subtitleName)) throw unknownRendition(subtitleName);
  const { boundaries, timescale } = plan;
  return formatSegments({ timescale, boundaries: [0, boundaries.at(-1) ?? 0] }, [], () => `${subtitleName}.vtt`);
}

function unknownRendition(rendition: string): Error {
  return fail("segment_not_found", "the video has no such rendition", { rendition });
}

function formatSegments(cut: Pick<Plan, "boundaries" | "timescale">, head: readonly string[], uri: (segment: number) => string): string {
  const durations = segmentMicroseconds(cut);
  return [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    `#EXT-X-TARGETDURATION:${targetDuration(durations)}`,
    "#EXT-X-MEDIA-SEQUENCE:0",
    "#EXT-X-PLAYLIST-TYPE:VOD",
    ...head,
    ...durations.flatMap((duration, index) => [`#EXTINF:${formatMicroseconds(duration)},`, uri(index)]),
    "#EXT-X-ENDLIST",
    "",
  ].join("\n");
}

/** Differences of rounded boundaries, not rounded differences: so that the sum is never further off than a microsecond. */
function segmentMicroseconds({ boundaries, timescale }: Pick<Plan, "boundaries" | "timescale">): number[] {
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
