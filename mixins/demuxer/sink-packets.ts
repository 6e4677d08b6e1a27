/** Packets of a span by the container reader, for whatever has no sample table. */
import { EncodedPacketSink, type InputTrack } from "mediabunny";
import { AAC_FRAME } from "../../media/aac.ts";
import { openAacGrid } from "./aac-grid.ts";
import type { Packet } from "./demuxer.contract.ts";
import { endsSpan, MAX_SPAN_BYTES, MAX_SPAN_PACKETS } from "./span.ts";
import type { Span } from "./table-packets.ts";

/** Some writers call frames key frames that are none: the frames themselves are asked. */
const VERIFIED = { verifyKeyPackets: true } as const;

/** As `readTablePackets`; times in ticks of `timescale`, which need not be the track's own. */
export async function readSinkPackets(source: InputTrack, timescale: number, { track, from, to }: Span): Promise<Packet[]> {
  const sink = new EncodedPacketSink(source);
  const grid = source.isAudioTrack() && timescale !== await source.getTimeResolution() ? await openAacGrid(source) : undefined;
  const ticks = (seconds: number): number => Math.round(seconds * timescale);
  const timeOf = grid?.timeOf ?? ticks;
  // On by half a tick, or back by a frame: the packet at exactly `from` must not be missed for a rounding of its time.
  const at = (grid === undefined ? from + 0.5 : from - AAC_FRAME) / timescale;
  const first = track === "video" ? await sink.getKeyPacket(at, VERIFIED) : await sink.getPacket(at);
  const packets: Packet[] = [];
  let [wanted, bytes] = [0, 0];
  for await (const packet of sink.packets(first ?? (await sink.getFirstPacket()) ?? undefined, undefined, track === "video" ? VERIFIED : {})) {
    const pts = timeOf(packet.timestamp);
    if (pts >= to && (track === "audio" || endsSpan(packets.length - wanted))) break;
    if (track === "audio" && pts < from) continue;
    if (packets.length >= MAX_SPAN_PACKETS) throw new Error("the span has too many packets");
    bytes += packet.data.byteLength;
    if (bytes > MAX_SPAN_BYTES) throw new Error("the span has too many bytes");
    packets.push({ pts, duration: grid === undefined ? ticks(packet.duration) : AAC_FRAME, isKey: packet.type === "key", data: packet.data.slice() });
    if (pts < to) wanted = packets.length;
  }
  return packets.slice(0, wanted); // without the frames at the end that are only shown later
}
