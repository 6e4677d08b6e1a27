/**
 * The demuxer's thread: reads containers with mediabunny, away from the loop that heartbeats and viewers share.
 * Opened containers are kept, so that the index is parsed once per node.
 */
import { parentPort } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import { CustomSource, EncodedPacketSink, Input, MATROSKA, MP4, QTFF, WEBM, type InputTrack } from "mediabunny";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import type { SubtitleFacts } from "../../media/facts.ts";
import { AAC_FRAME } from "../../media/aac.ts";
import { fits, readSampleTables, type SampleTable } from "../../media/mp4/sample-tables.ts";
import { MAX_READ_BYTES } from "../../services/source/source.contract.ts";
import type { DemuxerRequest, FromThread, Inspection, OpenSource, Packet, ToThread } from "./demuxer.contract.ts";
import { openAacGrid } from "./aac-grid.ts";
import { inspect } from "./inspect.ts";
import { readMatroskaHead, type MatroskaHead } from "./matroska-head.ts";
import { readMovieBox, type MovieBox } from "./movie-box.ts";
import { sourceBlocks, type ReadRange, type SourceBlocks } from "./source-blocks.ts";
import { endsSpan, MAX_SPAN_PACKETS } from "./span.ts";
import { readTablePackets } from "./table-packets.ts";
import { findTextTracks } from "./text-tracks.ts";

/** An index that needs more than this of a file is none: the file is probed instead. */
const MAX_INDEX_BYTES = 32 * 1024 * 1024;
const MAX_OPEN = 16;
/** Some writers call frames key frames that are none: the frames themselves are asked. */
const VERIFIED = { verifyKeyPackets: true } as const;

type Tables = ReadonlyMap<number, SampleTable>;
interface OpenInput {
  input: Input;
  blocks: SourceBlocks;
  /** By track id: the flat sample tables of an MP4 of the usual kind; read when first wanted. */
  tables(): Promise<Tables>;
  /** By track id: seconds at which a Matroska file says that a track can be entered. */
  cues(): Promise<MatroskaHead["cues"]>;
  textTracks(): Promise<SubtitleFacts[]>;
  /** Lets go of the index's bytes, once it has been read. */
  forgetMovie(): void;
}

/** A read by a sample table failed. Nothing of that is kept, so the next read may well succeed. */
class TableReadFault extends Error {}

/** mediabunny tells a console of every codec that it does not know; here that is an answer, not news. */
console.warn = () => undefined;

if (parentPort === null) throw new Error("The demuxer's thread is started by demuxer.ts.");
const port = parentPort;
const send = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** Not disposed of when it leaves: somebody may still read through it, and it holds nothing but memory. */
const opened = new LRUCache<string, OpenInput>({ max: MAX_OPEN });
const reads = new Map<number, PromiseWithResolvers<Uint8Array>>();
let lastRead = 0;

port.on("message", (message: ToThread) => {
  if ("request" in message) {
    answer(message.id, message.request).catch((error: unknown) => {
      if (!(error instanceof TableReadFault)) opened.delete(message.request.source.key); // after a read that failed it would not read again
      send({ id: message.id, error: errorMessage(error) });
    });
    return;
  }
  const read = reads.get(message.read);
  reads.delete(message.read);
  if ("bytes" in message) read?.resolve(message.bytes);
  else read?.reject(new Error(message.error));
});

async function answer(id: number, request: DemuxerRequest): Promise<void> {
  if (request.op === "inspect") return send({ id, result: await runInspection(request) });
  const packets = await readPackets(request);
  send({ id, result: packets }, [...new Set(packets.map((packet) => packet.data.buffer as ArrayBuffer))]);
}

function openInput(source: OpenSource): OpenInput {
  const known = opened.get(source.key);
  if (known !== undefined) return known;
  const readRange: ReadRange = (start, end) => {
    const read = Promise.withResolvers<Uint8Array>();
    reads.set(++lastRead, read);
    send({ read: lastRead, key: source.key, start, end });
    return read.promise;
  };
  const blocks = sourceBlocks(source.size, readRange);
  let movie: MovieBox | undefined;
  const read = (start: number, end: number): Uint8Array | Promise<Uint8Array> =>
    movie !== undefined && start >= movie.start && end <= movie.start + movie.bytes.byteLength
      ? movie.bytes.subarray(start - movie.start, end - movie.start)
      : blocks.read(start, end);
  const input = new Input({
    formats: [MP4, QTFF, MATROSKA, WEBM],
    source: new CustomSource({ getSize: () => source.size, read, maxCacheSize: 1024 * 1024 }),
  });
  let tables: Promise<Tables> | undefined;
  let head: Promise<MatroskaHead | undefined> | undefined;
  const readHead = (): Promise<MatroskaHead | undefined> => (head ??= readMatroskaHead(blocks.read, readWhole(source.size, readRange), source.size));
  const entry: OpenInput = {
    input, blocks,
    tables: () => (tables ??= readMovieBox(blocks.read, readWhole(source.size, readRange), source.size).then((found) => {
      movie = found; // the container reader wants it too
      return readTables(found, source.size);
    })),
    cues: async () => (movie === undefined ? (await readHead())?.cues : undefined) ?? new Map(),
    textTracks: async () => findTextTracks(movie, movie === undefined ? await readHead() : undefined),
    forgetMovie: () => { movie = undefined; },
  };
  opened.set(source.key, entry);
  return entry;
}

/** Reads past the blocks, in as few reads as `source` allows. */
function readWhole(size: number, readRange: ReadRange): ReadRange {
  return async (start, end) => {
    if (end - start <= MAX_READ_BYTES) return await readRange(start, end);
    const bytes = new Uint8Array(Math.min(end, size) - start);
    const starts = Array.from({ length: Math.ceil(bytes.byteLength / MAX_READ_BYTES) }, (_, i) => start + i * MAX_READ_BYTES);
    await Promise.all(starts.map(async (at) => bytes.set(await readRange(at, Math.min(at + MAX_READ_BYTES, end)), at - start)));
    return bytes;
  };
}

/** None where the index is not of the usual kind: the container reader then does without. */
function readTables(movie: MovieBox | undefined, size: number): Tables {
  if (movie === undefined) return new Map();
  try {
    return new Map([...readSampleTables(movie.bytes)].filter(([, table]) => fits(table, size)));
  } catch (error) {
    if (findErrorCode(error) === undefined) throw error;
    return new Map();
  }
}

async function runInspection({ source, isCopy }: Extract<DemuxerRequest, { op: "inspect" }>): Promise<Inspection> {
  const { input, blocks, tables, cues, textTracks, forgetMovie } = openInput(source);
  const limit = Promise.withResolvers<Inspection>();
  const fetchedBefore = blocks.fetchedBytes; // packets may have been read of a source that is looked at again
  const watch = setInterval(() => {
    if (blocks.fetchedBytes - fetchedBefore > MAX_INDEX_BYTES) limit.resolve({ outcome: "no_index" });
  }, 20);
  try {
    await tables(); // before the container reader, which then finds the index in memory
    if (!(await input.canRead())) return { outcome: "no_index" };
    const result = await Promise.race([inspect(input, source.size, { tables, cues, textTracks, ...(isCopy ? { readCopy: blocks.read } : {}) }), limit.promise]);
    if (result.outcome !== "facts") opened.delete(source.key); // nobody will read packets of it
    return result;
  } catch (error) {
    opened.delete(source.key);
    return { outcome: "unreadable", message: error instanceof Error ? error.message : String(error) };
  } finally {
    clearInterval(watch);
    forgetMovie();
  }
}

async function readPackets(request: Extract<DemuxerRequest, { op: "packets" }>): Promise<Packet[]> {
  const { timescale, from, to } = request;
  const { input, blocks, tables } = openInput(request.source);
  const tracks: InputTrack[] = request.track === "video" ? await input.getVideoTracks() : await input.getAudioTracks();
  const track = tracks[request.index];
  if (track === undefined) throw new Error(`there is no ${request.track} track ${request.index}`);
  const table = (await tables()).get(track.id);
  if (table !== undefined && table.timescale === timescale) {
    return await readTablePackets(table, request, (start, end) => blocks.read(start, end)).catch((error: unknown) => { throw new TableReadFault(errorMessage(error)); });
  }
  const sink = new EncodedPacketSink(track);
  const grid = track.isAudioTrack() && timescale !== await track.getTimeResolution() ? await openAacGrid(track) : undefined;
  const ticks = (seconds: number): number => Math.round(seconds * timescale);
  const timeOf = grid?.timeOf ?? ticks;
  // On by half a tick, or back by a frame: the packet at exactly `from` must not be missed for a rounding of its time.
  const at = (grid === undefined ? from + 0.5 : from - AAC_FRAME) / timescale;
  const first = request.track === "video" ? await sink.getKeyPacket(at, VERIFIED) : await sink.getPacket(at);
  const packets: Packet[] = [];
  let wanted = 0;
  for await (const packet of sink.packets(first ?? (await sink.getFirstPacket()) ?? undefined, undefined, request.track === "video" ? VERIFIED : {})) {
    const pts = timeOf(packet.timestamp);
    if (pts >= to && (request.track === "audio" || endsSpan(packets.length - wanted))) break;
    if (request.track === "audio" && pts < from) continue;
    if (packets.length >= MAX_SPAN_PACKETS) throw new Error("the span has too many packets");
    packets.push({ pts, duration: grid === undefined ? ticks(packet.duration) : AAC_FRAME, isKey: packet.type === "key", data: packet.data.slice() });
    if (pts < to) wanted = packets.length;
  }
  return packets.slice(0, wanted); // without the frames at the end that are only shown later
}
