/** Segments of a source whose codecs are served as they are: its own packets in new boxes, without FFmpeg. */
import { fail } from "../../config/errors.ts";
import { writeFragment } from "../../media/cmaf/fragment.ts";
import { writeInit } from "../../media/cmaf/init.ts";
import { reorderDelay, toAudioSamples, toSamples } from "../../media/cmaf/samples.ts";
import type { Plan } from "../../media/plan.ts";
import { rescaleCeil } from "../../media/rational.ts";
import { audioTrack, videoTrack } from "../../media/tracks.ts";
import type { PacketSpan } from "../../mixins/demuxer/demuxer.ts";
import type { Packet } from "../../mixins/demuxer/demuxer.contract.ts";

export type ReadPackets = (span: PacketSpan) => Promise<Packet[]>;

const TRACK_ID = 1;

export function repackagedInit(plan: Plan, kind: "video" | "audio"): Buffer {
  const { video, audio } = plan.facts;
  if (kind === "video") return writeInit({ kind, trackId: TRACK_ID, ...videoTrack(video), editStart: reorderDelay(video.frameRate, video.timescale) });
  if (audio === undefined) throw fail("segment_not_found", "The video has no sound.");
  return writeInit({ kind, trackId: TRACK_ID, ...audioTrack(audio) });
}

export async function repackageVideo(plan: Plan, segment: number, readPackets: ReadPackets): Promise<Buffer> {
  const { video, originTicks } = plan.facts;
  const [start, end] = [plan.boundaries[segment] ?? 0, plan.boundaries[segment + 1] ?? 0];
  const packets = await readPackets({ track: "video", index: video.index, timescale: video.timescale, from: start + originTicks, to: end + originTicks });
  const moved = packets.map((packet) => ({ ...packet, pts: packet.pts - originTicks }));
  const { baseDecodeTime, samples, data } = toSamples(moved, end, reorderDelay(video.frameRate, video.timescale));
  return writeFragment({ sequence: segment + 1, trackId: TRACK_ID, baseDecodeTime, samples, data });
}

/** Audio packets belong to the segment in which they begin. One that begins before the first frame is left out. */
export async function repackageAudio(plan: Plan, segment: number, readPackets: ReadPackets): Promise<Buffer> {
  const { video, audio, originTicks } = plan.facts;
  if (audio === undefined) throw fail("segment_not_found", "The video has no sound.");
  const toAudio = (ticks: number): number => rescaleCeil(ticks, plan.timescale, audio.timescale);
  const origin = rescaleCeil(originTicks, video.timescale, audio.timescale);
  const [start, end] = [toAudio(plan.boundaries[segment] ?? 0), toAudio(plan.boundaries[segment + 1] ?? 0)];
  const packets = await readPackets({ track: "audio", index: audio.index, timescale: audio.timescale, from: start + origin, to: end + origin });
  const moved = packets.map((packet) => ({ ...packet, pts: packet.pts - origin }));
  const { baseDecodeTime, samples, data } = toAudioSamples(moved.length > 0 ? moved : [silentPacket(audio.channels, start, end)]);
  return writeFragment({ sequence: segment + 1, trackId: TRACK_ID, baseDecodeTime, samples, data });
}

/** Frames of AAC-LC that decode to silence. */
const SILENCE: Readonly<Record<number, Uint8Array>> = {
  1: Uint8Array.of(0x00, 0xc8, 0x00, 0x80, 0x23, 0x80),
  2: Uint8Array.of(0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80),
};

/** Where the sound has ended or not begun: one frame of silence, so that no segment is empty. */
function silentPacket(channels: number, start: number, end: number): Packet {
  return { pts: start, duration: Math.max(1, Math.min(1024, end - start)), isKey: true, data: SILENCE[channels] ?? new Uint8Array(6) };
}
