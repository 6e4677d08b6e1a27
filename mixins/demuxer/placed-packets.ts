/** Packets whose places in their source are known: read in as few reads as there can be, and not copied. */
import { MAX_READ_BYTES } from "../../services/source/source.contract.ts";
import type { Packet, PacketPlace } from "./demuxer.contract.ts";

/** Between the packets of a track lie those of the others; where that is very much of a span, it is not read. */
const MAX_WHOLE_BYTES = 16 * 1024 * 1024;
const MAX_GAP_BYTES = 256 * 1024;
/** Of a read that less than this is wanted of, only that is kept. */
const WORTH_KEEPING = 1 / 2;

interface Stretch { start: number; end: number; places: PacketPlace[] }

export type ReadStretch = (start: number, end: number) => Uint8Array | Promise<Uint8Array>;

/** In the order of `places`. What `read` gives is passed on, as views. @throws what `read` throws */
export async function readPlaced(places: readonly PacketPlace[], read: ReadStretch): Promise<Packet[]> {
  const data = new Map<PacketPlace, Uint8Array>();
  await Promise.all(stretchesOf(places).map(async ({ start, end, places: inIt }) => {
    const bytes = start === end ? new Uint8Array() : await read(start, end);
    if (bytes.byteLength !== end - start) throw new Error("the source gave fewer bytes than it has");
    const wanted = inIt.reduce((sum, { size }) => sum + size, 0);
    const kept = wanted < bytes.byteLength * WORTH_KEEPING ? new Uint8Array(wanted) : undefined;
    let at = 0;
    for (const place of inIt) {
      const part = bytes.subarray(place.offset - start, place.offset - start + place.size);
      kept?.set(part, at);
      data.set(place, kept?.subarray(at, at + place.size) ?? part);
      at += place.size;
    }
  }));
  return places.map((place) => ({ pts: place.pts, duration: place.duration, isKey: place.isKey, data: data.get(place) ?? new Uint8Array() }));
}

/** What is read at once: no more than a read may bring, but for a packet that is larger than that. */
function stretchesOf(places: readonly PacketPlace[]): Stretch[] {
  const inOrder = places.toSorted((one, other) => one.offset - other.offset);
  const maxGap = (inOrder.at(-1)?.offset ?? 0) - (inOrder[0]?.offset ?? 0) <= MAX_WHOLE_BYTES ? Infinity : MAX_GAP_BYTES;
  const stretches: Stretch[] = [];
  for (const place of inOrder) {
    const [stretch, end] = [stretches.at(-1), place.offset + place.size];
    if (stretch !== undefined && place.offset - stretch.end <= maxGap && end - stretch.start <= MAX_READ_BYTES) {
      stretch.places.push(place);
      stretch.end = Math.max(stretch.end, end);
    } else stretches.push({ start: place.offset, end, places: [place] });
  }
  return stretches;
}
