/** The text tracks of an MP4 or QuickTime file, from the body of its moov box (ISO/IEC 14496-12 8.3, 12.6). Pure. */
import { BoxReader, findBox, readBoxes, type Box } from "../cmaf/boxes.ts";
import type { SubtitleFacts } from "../facts.ts";

/** Sample entries that FFmpeg takes for subtitles, and its names of those that are text. */
const ENTRIES: Readonly<Record<string, string | undefined>> = { tx3g: "mov_text", text: "mov_text", c608: undefined, mp4s: undefined };
/** Handlers by which it takes a track for subtitles whatever is in it. */
const HANDLERS: ReadonlySet<string> = new Set(["subp", "clcp"]);

/** `index` counts all subtitle tracks, those of pictures too, as FFmpeg does; a list of chapters is none. */
export function readMp4TextTracks(movie: Uint8Array): SubtitleFacts[] {
  const tracks = readBoxes(movie).filter(({ type }) => type === "trak").map((box) => readBoxes(box.body));
  const chapters = new Set(tracks.flatMap(readChapterReferences));
  return tracks
    .map((parts) => ({ id: readTrackId(findBox(parts, "tkhd")), ...readMedia(parts) }))
    .filter(({ id, handler, entry }) => handler !== "vide" && handler !== "soun" && !chapters.has(id) && (HANDLERS.has(handler) || Object.hasOwn(ENTRIES, entry)))
    .flatMap(({ entry, language, title }, index) => {
      const codec = ENTRIES[entry];
      return codec === undefined ? [] : [{ index, codec, ...(language === undefined ? {} : { language }), ...(title === "" ? {} : { title }) }];
    });
}

function readMedia(parts: readonly Box[]): { handler: string; entry: string; language: string | undefined; title: string } {
  const media = children(findBox(parts, "mdia"));
  const table = children(findBox(children(findBox(media, "minf")), "stbl"));
  return {
    handler: latin(findBox(media, "hdlr")?.body, 8, 12),
    entry: latin(findBox(table, "stsd")?.body, 12, 16), // of the first sample entry
    language: readLanguage(findBox(media, "mdhd")),
    title: readTitle(findBox(children(findBox(parts, "udta")), "name")),
  };
}

const children = (box: Box | undefined): Box[] => (box === undefined ? [] : readBoxes(box.body));
const latin = (body: Uint8Array | undefined, start: number, end: number): string => Buffer.from(body ?? []).toString("latin1", start, end);

/** QuickTime's user data: what editors and FFmpeg call a track. */
function readTitle(name: Box | undefined): string {
  return Buffer.from(name?.body ?? []).toString("utf8").replaceAll("\0", "").trim().slice(0, 200);
}

function readTrackId(tkhd: Box | undefined): number {
  if (tkhd === undefined) return 0;
  const reader = new BoxReader(tkhd.body);
  reader.skip(reader.fullBoxHeader().version === 1 ? 16 : 8);
  return reader.u32();
}

/** Three letters of 5 bits (8.4.2.3); undefined for QuickTime's own numbers below 0x400. */
function readLanguage(mdhd: Box | undefined): string | undefined {
  if (mdhd === undefined) return undefined;
  const reader = new BoxReader(mdhd.body);
  reader.skip(reader.fullBoxHeader().version === 1 ? 28 : 16);
  const packed = reader.bytes(2).reduce((value, byte) => value * 256 + byte, 0);
  const language = String.fromCharCode(...[10, 5, 0].map((shift) => 0x60 + ((packed >> shift) & 0x1f)));
  return packed >= 0x400 && /^[a-z]{3}$/.test(language) && language !== "und" ? language : undefined;
}

/** Tracks that this one's tref names as its chapters. */
function readChapterReferences(parts: readonly Box[]): number[] {
  const chap = findBox(children(findBox(parts, "tref")), "chap");
  if (chap === undefined) return [];
  const reader = new BoxReader(chap.body);
  return Array.from({ length: Math.min(64, reader.remaining >> 2) }, () => reader.u32());
}
