/**
 * What of a large moov box must be read to play a beginning (ISO/IEC 14496-12 8). Times, key frames and the sizes of
 * pictures are needed whole; of where the samples are, and of how long sounds are, the beginning is enough until somebody
 * goes further, and the end, which tells whether the file is whole. Pure.
 */
import { asBuffer } from "../as-buffer.ts";
import type { Range } from "./movie.ts";

export interface SparseOptions {
  /** Samples whose places are read at least. */
  samples: number;
  /** Bytes at the end of each table that are read at least. */
  tailBytes: number;
}

/** Lengths in bytes: of the box's own header and what stands before the first entry; of an entry. */
interface Layout { head: number; entry: number }
const PLACES: Readonly<Record<string, Layout>> = {
  stsz: { head: 20, entry: 4 }, stsc: { head: 16, entry: 12 }, stco: { head: 16, entry: 4 }, co64: { head: 16, entry: 8 },
};
/** By the handler of a track, tables of which a part is enough. */
const IN_PART: Readonly<Record<string, readonly string[]>> = { vide: ["stco", "co64"], soun: ["stsz", "stsc", "stco", "co64"] };
/** What is walked into, each inside the one before; other boxes are read whole. */
const CONTAINERS = ["trak", "mdia", "minf", "stbl"] as const;
/** How many of them a box is inside of. */
const [IN_MDIA, IN_STBL] = [2, 4];
/** An index of more boxes is none of the usual kind. */
const MAX_BOXES = 4_096;

interface BoxAt extends Range { type: string; depth: number }
/** What is known of a track while its boxes are walked over: `handler` is undefined until it has been read. */
interface TrackWalk { handler: string | undefined; samples: number; sized: boolean }

/**
 * Parts that are wanted, as far as the boxes that are loaded tell where they are: asked again until all of them are
 * loaded, it ends. Undefined for an index that is not of the usual kind, and must be read whole.
 * @param movie the body of a moov box; only what `isLoaded` is looked at
 */
export function findWanted(movie: Uint8Array, isLoaded: (part: Range) => boolean, { samples: least, tailBytes }: SparseOptions): Range[] | undefined {
  const bytes = asBuffer(movie);
  const wanted: Range[] = [];
  const want = (start: number, end: number, { start: from, end: until }: Range): boolean => {
    const part = { start: Math.max(start, from), end: Math.min(end, until) };
    const loaded = part.start >= part.end || isLoaded(part);
    if (!loaded) wanted.push(part);
    return loaded;
  };
  let boxes = 0;

  /** False for what is not of the usual kind. */
  function walk(inside: Range, depth: number, track: TrackWalk): boolean {
    for (let start = inside.start; start < inside.end;) {
      if (!want(start, start + 8, inside)) {
        expect(start, inside, track);
        return true;
      }
      if (inside.end - start < 8 || ++boxes > MAX_BOXES) return false;
      const end = start + bytes.readUInt32BE(start);
      if (end < start + 8 || end > inside.end) return false; // also the sizes 0 and 1: such boxes are seldom, and none of these
      if (!visit({ type: bytes.toString("latin1", start + 4, start + 8), start, end, depth }, track)) return false;
      start = end;
    }
    return true;
  }

  function visit(box: BoxAt, track: TrackWalk): boolean {
    const { type, start, end, depth } = box;
    if (type === CONTAINERS[depth]) {
      if (type === "minf" && track.handler === undefined) return true; // it says next time
      if (type === "stbl") want(end - tailBytes, end, box); // the places of chunks mostly come last
      return walk({ start: start + 8, end }, depth + 1, depth === 0 ? newTrack() : track);
    }
    track.sized ||= type === "stsz";
    const inPart = depth === IN_STBL && IN_PART[track.handler ?? ""]?.includes(type) === true ? PLACES[type] : undefined;
    if (inPart !== undefined) wantPart(box, inPart);
    else note(box, want(start, end, box), track);
    return true;
  }

  /** Beginning and end of a table of places. */
  function wantPart(box: BoxAt, { head, entry }: Layout): void {
    if (box.end - box.start < head || !want(box.start, box.start + head, box)) return;
    const entries = box.start + head;
    const last = entries + bytes.readUInt32BE(entries - 4) * entry;
    want(entries, entries + least * entry, box);
    want(last - tailBytes, last, box);
  }

  function note({ type, start, end, depth }: BoxAt, loaded: boolean, track: TrackWalk): void {
    if (depth === IN_MDIA && type === "hdlr") track.handler = loaded ? bytes.toString("latin1", Math.min(start + 16, end), Math.min(start + 20, end)) : undefined;
    if (depth === IN_STBL && type === "stts" && loaded) for (let at = start + 16; at + 8 <= end; at += 8) track.samples += bytes.readUInt32BE(at);
  }

  /** What is probably behind a place up to which the boxes are known: a guess that is right saves a round trip. */
  function expect(at: number, inside: Range, track: TrackWalk): void {
    want(at, at + least * 4, inside); // a track's head, or the beginning of a table
    if (track.samples === 0 || track.sized) return;
    const sizesEnd = at + 20 + track.samples * 4;
    if (track.handler === "vide") want(at, sizesEnd + least * 4, inside);
    if (track.handler === "soun") want(sizesEnd - tailBytes, sizesEnd + least * 4, inside);
  }

  return walk({ start: 0, end: bytes.byteLength }, 0, newTrack()) ? wanted : undefined;
}

const newTrack = (): TrackWalk => ({ handler: "", samples: 0, sized: false });
