/** The text tracks of a Matroska file, from its Tracks element (RFC 9559 5.1.4). Pure. */
import type { SubtitleFacts } from "../facts.ts";
import { readElements, readText, readUint, type EbmlElement } from "./ebml.ts";

const TRACK = { entry: 0xae, type: 0x83, codec: 0x86, language: 0x22b59c, languageTag: 0x22b59d, name: 0x536e } as const;
const SUBTITLE = 0x11;
/** Codec IDs (RFC 9559 8.3.4), and FFmpeg's names of them. Pictures are not among them. */
const CODECS: Readonly<Record<string, string>> = {
  "S_TEXT/UTF8": "subrip", "S_TEXT/ASCII": "subrip", "S_TEXT/ASS": "ass", "S_TEXT/SSA": "ass", S_ASS: "ass", S_SSA: "ass",
  "S_TEXT/WEBVTT": "webvtt", "D_WEBVTT/SUBTITLES": "webvtt", "D_WEBVTT/CAPTIONS": "webvtt", "D_WEBVTT/DESCRIPTIONS": "webvtt", "D_WEBVTT/METADATA": "webvtt",
};
const MAX_TRACKS = 256;
const MAX_TEXT = 200;

/** `index` counts all subtitle tracks, those of pictures too, as FFmpeg does. */
export function readMatroskaTextTracks(tracks: Buffer): SubtitleFacts[] {
  const entries = take(readElements(tracks), MAX_TRACKS).filter(({ id }) => id === TRACK.entry).map(({ body }) => readEntry(body));
  return entries.filter(({ type, codec }) => type === SUBTITLE && codec !== "").flatMap(({ codec, language, title }, index) => {
    const name = CODECS[codec];
    return name === undefined ? [] : [{ index, codec: name, ...(language === "" ? {} : { language }), ...(title === "" ? {} : { title }) }];
  });
}

function readEntry(body: Buffer): { type: number; codec: string; language: string; title: string } {
  const fields = take(readElements(body), MAX_TRACKS);
  const find = (id: number): Buffer | undefined => fields.find((field) => field.id === id)?.body;
  const text = (id: number): string => readText(find(id) ?? Buffer.alloc(0)).slice(0, MAX_TEXT);
  return {
    type: readUint(find(TRACK.type) ?? Buffer.alloc(0)), codec: text(TRACK.codec), title: text(TRACK.name),
    // Absent means English (RFC 9559 5.1.4.1.19), but writers leave it out where they know nothing.
    language: text(TRACK.languageTag) || text(TRACK.language).replace(/^und$/, ""),
  };
}

function take(elements: Iterable<EbmlElement>, most: number): EbmlElement[] {
  const taken: EbmlElement[] = [];
  for (const element of elements) {
    if (taken.length >= most) break;
    taken.push(element);
  }
  return taken;
}
