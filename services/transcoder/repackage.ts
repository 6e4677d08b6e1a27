/** Segments of a source whose codecs are served as they are: its own packets in new boxes, without FFmpeg. */
import { fail } from "../../config/errors.ts";
import { writeFragment } from "../../media/cmaf/fragment.ts";
import { writeInit } from "../../media/cmaf/init.ts";
import { reorderDelay, toAudioSamples, toSamples } from "../../media/cmaf/samples.ts";
import type { AudioFacts } from "../../media/facts.ts";
import type { AudioRendition, Plan, Rendition } from "../../media/plan.ts";
import { rescaleCeil } from "../../media/rational.ts";
import { fillWithSilence } from "../../media/silence.ts";
import { audioTrack, videoTrack } from "../../media/tracks.ts";
import type { PacketSpan } from "../../mixins/demuxer/demuxer.ts";
import type { Packet } from "../../mixins/demuxer/demuxer.contract.ts";

export type ReadPackets = (span: PacketSpan) => Promise<Packet[]>;

const TRACK_ID = 1;

export function repackagedInit(plan: Plan, rendition: Rendition): Buffer {
  const { video } = plan.facts;
  if (rendition.kind === "video") return writeInit({ kind: "video", trackId: TRACK_ID, ...videoTrack(video), editStart: reorderDelay(video.frameRate, video.timescale) });
  return writeInit({ kind: "audio", trackId: TRACK_ID, ...audioTrack(audioOf(plan, rendition)) });
}

export async function repackageVideo(plan: Plan, segment: number, readPackets: ReadPackets): Promise<Buffer> {
  const { video, originTicks } = plan.facts;
  const [start, end] = [plan.boundaries[segment] ?? 0, plan.boundaries[segment + 1] ?? 0];
  const packets = await readPackets({ track: "video", index: video.index, timescale: video.timescale, from: start + originTicks, to: end + originTicks });
  const moved = packets.map((packet) => ({ ...packet, pts: packet.pts - originTicks }));
  const { baseDecodeTime, samples, data } = toSamples(moved, end, reorderDelay(video.frameRate, video.timescale));
  return writeFragment({ sequence: segment + 1, trackId: TRACK_ID, baseDecodeTime, samples, data });
}

/** Audio packets belong to the segment in which they begin. One that begins before the first frame is left out. Silence stands where there are none. */
export async function repackageAudio(plan: Plan, rendition: AudioRendition, segment: number, readPackets: ReadPackets): Promise<Buffer> {
  const { video, originTicks } = plan.facts;
  const audio = audioOf(plan, rendition);
  const toAudio = (ticks: number): number => rescaleCeil(ticks, plan.timescale, audio.timescale);
  const origin = rescaleCeil(originTicks, video.timescale, audio.timescale);
  const [start, end] = [toAudio(plan.boundaries[segment] ?? 0), toAudio(plan.boundaries[segment + 1] ?? 0)];
  const packets = await readPackets({ track: "audio", index: audio.index, timescale: audio.timescale, from: start + origin, to: end + origin });
  const moved = packets.map((packet) => ({ ...packet, pts: packet.pts - origin }));
  const grid = { start: audio.start - origin, timescale: audio.timescale, sampleRate: audio.sampleRate };
  const { baseDecodeTime, samples, data } = toAudioSamples(fillWithSilence(moved, [start, end], grid, audio.channels));
  return writeFragment({ sequence: segment + 1, trackId: TRACK_ID, baseDecodeTime, samples, data });
}

function audioOf(plan: Plan, { track }: AudioRendition): AudioFacts {
  const audio = plan.facts.audio[track];
  if (audio === undefined) throw fail("segment_not_found", "The video has no such sound.");
  return audio;
}
