/**
 * The containers that are being read, by their sources' keys: kept open, so that an index is parsed once a node. Of a
 * large index of an MP4 the beginning is read first, and all of it when that is not enough.
 */
import { LRUCache } from "lru-cache";
import type { InputTrack } from "mediabunny";
import { upTo } from "../../config/lru-room.ts";
import type { DemuxerRequest, FoundPackets, Inspection, OpenSource } from "./demuxer.contract.ts";
import { inspect } from "./inspect.ts";
import { SPARSE, type SparseReading } from "./movie-box.ts";
import { openContainer, type Container, type Index } from "./open-container.ts";
import { readSinkPackets } from "./sink-packets.ts";
import { BlockMemory } from "./source-blocks.ts";
import { beginningOf, placePackets } from "./table-packets.ts";

/** An index that needs more than this of a file is none: the file is probed instead. */
const MAX_INDEX_BYTES = 32 * 1024 * 1024;
const MAX_OPEN = 16;
/** Who begins later than this in a container that is not open yet is not served by the beginning of its index. */
const BEGINNING_SEC = 60;

type InspectRequest = Extract<DemuxerRequest, { op: "inspect" }>;
type PacketsRequest = Extract<DemuxerRequest, { op: "packets" }>;

/** Bytes [start, end) of a source. `ahead`: whether what follows is likely to be read next. */
export type ReadOf = (source: OpenSource, start: number, end: number, ahead: boolean) => Promise<Uint8Array>;

interface Opened extends Container {
  whole: boolean;
  /** Does what reads here and there, as one does who looks for an index. */
  hopping<T>(work: () => Promise<T>): Promise<T>;
}

export interface Containers {
  inspect(request: InspectRequest): Promise<Inspection>;
  packets(request: PacketsRequest): Promise<FoundPackets>;
  /** After a read that failed a container would not read again. */
  forget(key: string): void;
}

/** What a viewer wants first: it comes while the verdict and the plan are made. */
async function fetchBeginning({ input, blocks }: Container, tables: Index["tables"]): Promise<void> {
  const [video, audio] = await Promise.all([input.getPrimaryVideoTrack(), input.getPrimaryAudioTrack()].map(async (track) => tables.get((await track)?.id ?? 0)));
  if (video === undefined) return;
  const { start, end } = beginningOf(video, audio);
  await blocks.read(start, end);
}

export function openContainers(read: ReadOf, sparse: SparseReading = SPARSE): Containers {
  /** Not disposed of when it leaves: somebody may still read through it, and it holds nothing but memory. */
  const opened = new LRUCache<string, Opened>(upTo(MAX_OPEN));
  const memory = new BlockMemory();

  /** `whole`: no holes in its index. One that has them is given up for it; whoever still reads through it can go on. */
  function open(source: OpenSource, whole: boolean): Opened {
    const known = opened.get(source.key);
    if (known !== undefined && (known.whole || !whole)) return known;
    let hops = 0;
    const hopping: Opened["hopping"] = async (work) => {
      hops++;
      try {
        return await work();
      } finally {
        hops--;
      }
    };
    const container = openContainer(source.size, (start, end) => read(source, start, end, hops === 0), memory, whole ? undefined : sparse);
    const entry: Opened = { ...container, index: () => hopping(container.index), whole, hopping };
    opened.set(source.key, entry);
    return entry;
  }

  /** Undefined where the index has holes, and there is anything that does without our tables. */
  async function inspectBy(container: Container, { source, isCopy }: InspectRequest): Promise<Inspection | undefined> {
    const { input, blocks, cues, textTracks } = container;
    const limit = Promise.withResolvers<Inspection>();
    const fetchedBefore = blocks.fetchedBytes; // packets may have been read of a source that is looked at again
    const watch = setInterval(() => {
      if (blocks.fetchedBytes - fetchedBefore > MAX_INDEX_BYTES) limit.resolve({ outcome: "no_index" });
    }, 20);
    try {
      const { tables, isSparse } = await container.index();
      if (!(await input.canRead())) return { outcome: "no_index" };
      if (isSparse && !(await input.getTracks()).every(({ id }) => tables.has(id))) return undefined;
      if (!isCopy) fetchBeginning(container, tables).catch(() => undefined); // whoever reads it then is told
      return await Promise.race([inspect(input, source.size, { tables, cues, textTracks, ...(isCopy ? { readCopy: blocks.read } : {}) }), limit.promise]);
    } catch (error) {
      return { outcome: "unreadable", message: error instanceof Error ? error.message : String(error) };
    } finally {
      clearInterval(watch);
      container.forgetMovie();
    }
  }

  /** Undefined where the index has holes, and does not say where all of them are. */
  async function packetsBy({ input, index }: Container, request: PacketsRequest): Promise<FoundPackets | undefined> {
    const { tables, isSparse } = await index();
    const tracks: InputTrack[] = request.track === "video" ? await input.getVideoTracks() : await input.getAudioTracks();
    const track = tracks[request.index];
    if (track === undefined) throw new Error(`there is no ${request.track} track ${request.index}`);
    const table = tables.get(track.id);
    if (table !== undefined && table.timescale === request.timescale) {
      const places = placePackets(table, request, request.source.size);
      return places === undefined ? undefined : { places };
    }
    return isSparse ? undefined : { packets: await readSinkPackets(track, request.timescale, request) };
  }

  return {
    async inspect(request) {
      const { source, isCopy } = request;
      const look = async (whole: boolean): Promise<Inspection | undefined> => {
        const container = open(source, whole);
        return await container.hopping(() => inspectBy(container, request));
      };
      const result = await look(isCopy) ?? await look(true) ?? { outcome: "no_index" };
      if (result.outcome !== "facts") opened.delete(source.key); // nobody will read packets of it
      return result;
    },
    async packets(request) {
      const { source, from, timescale } = request;
      const isLate = from > BEGINNING_SEC * timescale && !opened.has(source.key);
      const found = await packetsBy(open(source, isLate), request) ?? await packetsBy(open(source, true), request);
      if (found === undefined) throw new Error("the index does not say where the packets are");
      return found;
    },
    forget: (key) => void opened.delete(key),
  };
}
