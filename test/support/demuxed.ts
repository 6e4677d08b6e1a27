/** Reads files through the demuxer's containers, in this thread, with the index in part or whole. */
import { createHash } from "node:crypto";
import { openContainers, type Containers } from "../../mixins/demuxer/containers.ts";
import type { Inspection, OpenSource, Packet, Track } from "../../mixins/demuxer/demuxer.contract.ts";
import { readPlaced } from "../../mixins/demuxer/placed-packets.ts";
import { readMovieBox, type SparseReading } from "../../mixins/demuxer/movie-box.ts";

/** Blocks so small that also a short file's index has holes. */
export const TINY: SparseReading = { leastBytes: 0, blockBytes: 256, samples: 8, tailBytes: 256 };
/** For the index of a quarter of an hour. */
export const SMALL: SparseReading = { leastBytes: 0, blockBytes: 16 * 1024, samples: 1_024, tailBytes: 1_024 };
export const WHOLE: SparseReading = { ...TINY, leastBytes: Infinity };

export interface Reader {
  inspect(): Promise<Inspection>;
  packets(track: Track, index: number, timescale: number, from: number, to: number): Promise<Packet[]>;
}

let opened = 0;

/** `read`: in place of what reads of the bytes. */
export function openReader(bytes: Buffer, sparse: SparseReading, read = async (start: number, end: number): Promise<Uint8Array> => bytes.subarray(start, end)): Reader {
  const containers: Containers = openContainers((_, start, end) => read(start, end), sparse);
  const source: OpenSource = { key: String(++opened), size: bytes.byteLength };
  return {
    inspect: () => containers.inspect({ op: "inspect", source, isCopy: false }),
    async packets(track, index, timescale, from, to) {
      const found = await containers.packets({ op: "packets", source, track, index, timescale, from, to });
      return "places" in found ? await readPlaced(found.places, read) : found.packets;
    },
  };
}

/** Bytes of the index that are left out, and all of it; none of a file that has no usual index. */
export async function measureHoles(bytes: Buffer, sparse: SparseReading): Promise<{ left: number; all: number }> {
  const read = (start: number, end: number): Uint8Array => bytes.subarray(start, end);
  const movie = await readMovieBox({ read, readWhole: read, sparse }, bytes.byteLength);
  return { left: movie?.holes.reduce((sum, { start, end }) => sum + end - start, 0) ?? 0, all: movie?.bytes.byteLength ?? 0 };
}

export interface Span { track: Track; index: number; timescale: number; from: number; to: number }

const MAX_SOUNDS = 3;

/** So many spans of each track, which together are all of it. */
export function spansOf(inspection: Inspection, parts: number): Span[] {
  if (inspection.outcome !== "facts") return [];
  const { video, audio } = inspection.facts;
  return [{ track: "video" as const, ...video }, ...audio.slice(0, MAX_SOUNDS).map((sound) => ({ track: "audio" as const, ...sound }))].flatMap(({ track, index, timescale, start, end }) => {
    const cut = (part: number): number => Math.round(start + ((end - start) * part) / parts);
    return Array.from({ length: parts }, (_, part) => ({ track, index, timescale, from: cut(part), to: cut(part + 1) }));
  });
}

/** What can be compared and printed: of the bytes their hash. */
export async function readSpan(reader: Reader, { track, index, timescale, from, to }: Span): Promise<object[]> {
  const packets = await reader.packets(track, index, timescale, from, to);
  return packets.map(({ data, ...rest }) => ({ ...rest, data: createHash("sha256").update(data).digest("hex") }));
}
