/**
 * Languages of tracks. Containers say ISO 639-2 (`deu`, or the older `ger`), or BCP 47; playlists want BCP 47 (RFC 5646) in
 * its shortest form. Pure.
 *
 *   findLanguageTag("deu") → "de"        undefined for what is no language, is not known, or is several
 *   findLanguageName("de") → "Deutsch"   in the language itself, as RFC 8216bis 4.4.6.1 wants NAME
 */

/** "Undetermined", "multiple", "uncoded", "no linguistic content": none of them names a language. */
const NO_LANGUAGE: ReadonlySet<string> = new Set(["und", "mul", "mis", "zxx"]);
const MAX_LENGTH = 35; // RFC 5646 4.4.1

export function findLanguageTag(language: string | undefined): string | undefined {
  if (language === undefined || language.length > MAX_LENGTH || !/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(language)) return undefined;
  try {
    const [tag] = Intl.getCanonicalLocales(language);
    return tag === undefined || NO_LANGUAGE.has(tag) || NO_LANGUAGE.has(language.toLowerCase()) ? undefined : tag;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it has the form of a tag and is none
    throw error;
  }
}

/** @param tag as `findLanguageTag` gives it; undefined when the language has no name that is known here */
export function findLanguageName(tag: string): string | undefined {
  const name = new Intl.DisplayNames([tag, "en"], { type: "language", fallback: "none" }).of(tag);
  return name === undefined ? undefined : name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}
