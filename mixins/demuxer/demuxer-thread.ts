/**
 * The demuxer's thread: reads containers with mediabunny, away from the loop that heartbeats and viewers share.
 * Opened containers are kept, so that the index is parsed once per node.
 */
import { parentPort } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import { CustomSource, EncodedPacketSink, Input, MATROSKA, MP4, QTFF, WEBM, type InputTrack } from "mediabunny";
import type { DemuxerRequest, FromThread, Inspection, OpenSource, Packet, ToThread } from "./demuxer.contract.ts";
import { inspect } from "./inspect.ts";
import { sourceBlocks, type ReadRange, type SourceBlocks } from "./source-blocks.ts";

/** An index that needs more than this of a file is none: the file is probed instead. */
const MAX_INDEX_BYTES = 32 * 1024 * 1024;
const MAX_PACKETS = 20_000;
const MAX_OPEN = 16;
/** Frames that precede another in decode order and follow it when shown (ITU-T H.264 A.3.1, H.265 A.4.1). */
const MAX_REORDER_FRAMES = 16;

interface OpenInput { input: Input; blocks: SourceBlocks }

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
      opened.delete(message.request.source.key); // after a read that failed it would not read again
      send({ id: message.id, error: error instanceof Error ? error.message : String(error) });
    });
    return;
  }
  const read = reads.get(message.read);
  reads.delete(message.read);
  if ("bytes" in message) read?.resolve(message.bytes);
  else read?.reject(new Error(message.error));
});

async function answer(id: number, request: DemuxerRequest): Promise<void> {
  if (request.op === "inspect") return send({ id, result: await runInspection(request.source) });
  const packets = await readPackets(request);
  send({ id, result: packets }, packets.map((packet) => packet.data.buffer as ArrayBuffer));
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
  const input = new Input({
    formats: [MP4, QTFF, MATROSKA, WEBM],
    source: new CustomSource({ getSize: () => source.size, read: (start, end) => blocks.read(start, end), maxCacheSize: 1024 * 1024 }),
  });
  const entry = { input, blocks };
  opened.set(source.key, entry);
  return entry;
}

async function runInspection(source: OpenSource): Promise<Inspection> {
  const { input, blocks } = openInput(source);
  const limit = Promise.withResolvers<Inspection>();
  const fetchedBefore = blocks.fetchedBytes; // packets may have been read of a source that is looked at again
  const watch = setInterval(() => {
    if (blocks.fetchedBytes - fetchedBefore > MAX_INDEX_BYTES) limit.resolve({ outcome: "no_index" });
  }, 20);
  try {
    if (!(await input.canRead())) return { outcome: "no_index" };
    const result = await Promise.race([inspect(input, source.size), limit.promise]);
    if (result.outcome !== "facts") opened.delete(source.key); // nobody will read packets of it
    return result;
  } catch (error) {
    opened.delete(source.key);
    return { outcome: "unreadable", message: error instanceof Error ? error.message : String(error) };
  } finally {
    clearInterval(watch);
  }
}

async function readPackets(request: Extract<DemuxerRequest, { op: "packets" }>): Promise<Packet[]> {
  const { timescale, from, to } = request;
  const { input } = openInput(request.source);
  const tracks: InputTrack[] = request.track === "video" ? await input.getVideoTracks() : await input.getAudioTracks();
  const track = tracks[request.index];
  if (track === undefined) throw new Error(`there is no ${request.track} track ${request.index}`);
  const sink = new EncodedPacketSink(track);
  const ticks = (seconds: number): number => Math.round(seconds * timescale);
  // Half a tick on: the packet at exactly `from` must not be missed for a rounding of its time.
  const at = (from + 0.5) / timescale;
  const first = request.track === "video" ? await sink.getKeyPacket(at) : await sink.getPacket(at);
  const packets: Packet[] = [];
  let wanted = 0;
  for await (const packet of sink.packets(first ?? (await sink.getFirstPacket()) ?? undefined)) {
    const pts = ticks(packet.timestamp);
    if (pts >= to && (request.track === "audio" || endsSpan(packet.type, packets.length - wanted))) break;
    if (request.track === "audio" && pts < from) continue;
    if (packets.length >= MAX_PACKETS) throw new Error("the span has too many packets");
    packets.push({ pts, duration: ticks(packet.duration), isKey: packet.type === "key", data: packet.data.slice() });
    if (pts < to) wanted = packets.length;
  }
  return packets.slice(0, wanted); // without the frames at the end that are only shown later
}

/**
 * Whether no frame after this one, which is shown too late, can be shown in time: at a key frame (open GOPs are not read
 * like this), or when more frames in a row are too late than a decoder may hold back.
 */
function endsSpan(type: "key" | "delta", lateFrames: number): boolean {
  return type === "key" || lateFrames >= MAX_REORDER_FRAMES;
}
