/** What a Matroska file says of itself outside its clusters: its tracks, and its cues where it has any. */
import { findCuesPosition, readCues, readTickNs } from "../../media/matroska/cues.ts";
import { readElements } from "../../media/matroska/ebml.ts";
import { ID } from "../../media/matroska/ids.ts";
import type { ReadBytes } from "./movie-box.ts";

export interface MatroskaHead {
  /** Body of the Tracks element. */
  tracks?: Buffer;
  /** Seconds at which a track can be entered, ascending, by its number. */
  cues: ReadonlyMap<number, readonly number[]>;
}

/** An EBML header's identifier and size take at most this many bytes. */
const HEADER_BYTES = 12;
const MAX_ELEMENTS = 64;
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_CUES_BYTES = 8 * 1024 * 1024;

interface Element { id: number; start: number; end: number }

/** Undefined where it is no Matroska. `read` is for headers and small bodies, `readWhole` for the cues. */
export async function readMatroskaHead(read: ReadBytes, readWhole: ReadBytes, size: number): Promise<MatroskaHead | undefined> {
  const element = async (at: number): Promise<Element | undefined> => {
    if (size - at <= HEADER_BYTES) return undefined;
    const [found] = readElements(Buffer.from(await read(at, at + HEADER_BYTES)));
    return found === undefined ? undefined : { id: found.id, start: at + found.start, end: at + found.end };
  };
  const body = async (of: Element | undefined, most = MAX_BODY_BYTES, by = read): Promise<Buffer | undefined> =>
    of === undefined || of.end - of.start > most || of.end > size ? undefined : Buffer.from(await by(of.start, of.end));

  const top = await readTop(element);
  const segment = top.get(ID.segment);
  if (!top.has(ID.ebml)) return undefined;
  const [tracks, info, seekHead] = await Promise.all([ID.tracks, ID.info, ID.seekHead].map((id) => body(top.get(id))));
  const position = seekHead === undefined ? undefined : findCuesPosition(seekHead);
  const pointed = position === undefined || segment === undefined ? undefined : await element(segment.start + position);
  const cues = await body(top.get(ID.cues) ?? (pointed?.id === ID.cues ? pointed : undefined), MAX_CUES_BYTES, readWhole);
  const tickNs = readTickNs(info ?? Buffer.alloc(0));
  const seconds = [...readCues(cues ?? Buffer.alloc(0))].map(([track, times]) => [track, [...new Set(times)].sort((a, b) => a - b).map((time) => (time * tickNs) / 1e9)] as const);
  return { ...(tracks === undefined ? {} : { tracks }), cues: new Map(seconds) };
}

/** Hops over the elements before the first cluster; the first of each kind counts. */
async function readTop(element: (at: number) => Promise<Element | undefined>): Promise<Map<number, Element>> {
  const top = new Map<number, Element>();
  let at = 0;
  for (let count = 0; count < MAX_ELEMENTS; count++) {
    const found = await element(at);
    if (found === undefined || (count === 0 && found.id !== ID.ebml) || found.id === ID.cluster) break;
    if (!top.has(found.id)) top.set(found.id, found);
    at = found.id === ID.segment ? found.start : found.end;
  }
  return top;
}
