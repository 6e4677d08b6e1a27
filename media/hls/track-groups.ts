/** The tracks that a viewer chooses among: EXT-X-MEDIA of sound and captions (RFC 8216bis 4.4.6.1). */
import type { AudioRendition, SubtitleRendition } from "../plan.ts";
import { nameTracks } from "../track-names.ts";
import { formatAttributes, quoted } from "./attributes.ts";

export const AUDIO_GROUP = "audio";
export const SUBTITLE_GROUP = "subs";

export function formatAudioTracks(audio: readonly AudioRendition[]): string[] {
  const named = nameTracks(audio, "Audio");
  const firsts = firstOfEachLanguage(named);
  return named.map(({ track, name, language }, index) => `#EXT-X-MEDIA:${formatAttributes({
    TYPE: "AUDIO",
    "GROUP-ID": quoted(AUDIO_GROUP),
    NAME: quoted(name),
    LANGUAGE: language === undefined ? undefined : quoted(language),
    DEFAULT: index === 0 ? "YES" : "NO",
    AUTOSELECT: firsts.has(index) ? "YES" : "NO",
    CHANNELS: quoted(String(track.channels)),
    URI: quoted(`${track.name}/media.m3u8`),
  })}`);
}

export function formatSubtitleTracks(subtitles: readonly SubtitleRendition[]): string[] {
  const named = nameTracks(subtitles, "Captions");
  const firsts = firstOfEachLanguage(named);
  return named.map(({ track, name, language }, index) => `#EXT-X-MEDIA:${formatAttributes({
    TYPE: "SUBTITLES",
    "GROUP-ID": quoted(SUBTITLE_GROUP),
    NAME: quoted(name),
    LANGUAGE: language === undefined ? undefined : quoted(language),
    DEFAULT: "NO",
    AUTOSELECT: firsts.has(index) ? "YES" : "NO",
    FORCED: "NO",
    URI: quoted(`subs/${track.name}.m3u8`),
  })}`);
}

/** A player may pick by language alone; of several in one language that is the first. */
function firstOfEachLanguage(tracks: readonly { language: string | undefined }[]): ReadonlySet<number> {
  const first = new Map<string | undefined, number>();
  tracks.forEach(({ language }, index) => { if (!first.has(language)) first.set(language, index); });
  return new Set(first.values());
}
