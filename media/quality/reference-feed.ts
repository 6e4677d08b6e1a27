/**
 * The frames of a source that are worth decoding to compare with, as fragmented MP4 for FFmpeg's standard input. A whole
 * span would cost a third of the encode; the first moments of each group of pictures cost a tenth. Pure.
 */
import { fragmentPieces } from "../cmaf/fragment-pieces.ts";
import { writeInit } from "../cmaf/init.ts";
import { reorderDelay, toSamples, type Packet } from "../cmaf/samples.ts";
import type { VideoFacts } from "../facts.ts";
import { videoTrack } from "../tracks.ts";

/** `offset`: ticks of the video track to take from FFmpeg's times to get the timeline's. */
export interface ReferenceFeed { pieces: Iterable<Buffer>; offset: number }

const TRACK_ID = 1;

/** `packets` in decode order with times of the source; `originTicks` is the timeline's 0 among them. */
export function feedReference(video: VideoFacts, packets: readonly Packet[], originTicks: number): ReferenceFeed {
  const last = packets.reduce((latest, packet) => Math.max(latest, packet.pts), -Infinity);
  const reorder = reorderDelay(video.frameRate, video.timescale);
  const { baseDecodeTime, samples, data } = toSamples(packets, last + Math.max(1, Math.round(video.timescale / 1000)), reorder);
  const shift = Math.max(0, originTicks - baseDecodeTime); // no time of a fragment is below 0
  const fragment = { sequence: 1, trackId: TRACK_ID, baseDecodeTime: baseDecodeTime - originTicks + shift, samples, data };
  // With the source's rotation: FFmpeg turns the pictures by itself, as a player would.
  return { pieces: fragmentPieces(writeInit({ kind: "video", trackId: TRACK_ID, ...videoTrack(video) }), fragment), offset: shift + reorder };
}

/**
 * Of each group of pictures the beginning in decode order: to `burst` ticks after its key frame, and to `burst` after
 * each of `starts` that lies in it, for there a segment begins that no key frame does. Times of the source.
 */
export function selectBursts(packets: readonly Packet[], starts: readonly number[], burst: number): Packet[] {
  const keys = packets.flatMap((packet, index) => (packet.isKey ? [index] : []));
  return keys.flatMap((from, index) => {
    const to = keys[index + 1] ?? packets.length;
    const group = packets.slice(from, to);
    const [begin, end] = [group[0]?.pts ?? 0, packets[to]?.pts ?? Infinity];
    const limits = [begin, ...starts.filter((start) => start > begin && start < end)].map((start) => start + burst);
    const wanted = (pts: number): boolean => limits.some((limit) => pts >= limit - burst && pts < limit);
    return group.slice(0, group.findLastIndex(({ pts }) => wanted(pts)) + 1);
  });
}
