/** What a listener or reader is offered: each track under a name of its own, with its language. Pure. */
import { findLanguageName, findLanguageTag } from "./language.ts";

export interface NamedTrack<T> { track: T; name: string; language: string | undefined }

const MAX_NAME = 80;

/**
 * The title, else the language's name, else `fallback`. Names are unique among the tracks, as RFC 8216bis 4.4.6.1.1 demands
 * of a group: a second one says its language too, or is numbered.
 */
export function nameTracks<T extends { language?: string; title?: string }>(tracks: readonly T[], fallback: string): NamedTrack<T>[] {
  const taken = new Set<string>();
  return tracks.map((track) => {
    const language = findLanguageTag(track.language);
    const spoken = language === undefined ? undefined : findLanguageName(language);
    const plain = cleanTitle(track.title) ?? spoken ?? fallback;
    const name = firstFree(taken, plain, spoken);
    taken.add(name);
    return { track, name, language };
  });
}

function firstFree(taken: ReadonlySet<string>, plain: string, spoken: string | undefined): string {
  const wanted = !taken.has(plain) || spoken === undefined || spoken === plain ? plain : `${plain} (${spoken})`;
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted} ${number}`;
  return name;
}

/** A source may call a track anything: one line of it, without what no list shows. */
function cleanTitle(title: string | undefined): string | undefined {
  const line = title?.replace(/["\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu, " ").replace(/\s+/g, " ").trim();
  return line === undefined || line === "" ? undefined : [...line].slice(0, MAX_NAME).join("").trim();
}
