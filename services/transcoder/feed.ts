/**
 * A span of a source as fragmented MP4, for FFmpeg's standard input: it then has nothing to open, to seek or to index,
 * and a segment an hour in costs what the first one does.
 */
import { Readable } from "node:stream";
import { reorderDelay, toSamples, type Packet } from "../../media/cmaf/samples.ts";
import { fragmentPieces } from "../../media/cmaf/fragment-pieces.ts";
import { writeInit } from "../../media/cmaf/init.ts";
import type { VideoFacts } from "../../media/facts.ts";
import { videoTrack } from "../../media/tracks.ts";

const TRACK_ID = 1;

export interface Feed { stream: Readable; /** Ticks of the video track to take from FFmpeg's times to get the timeline's. */ offset: number }

/** `packets` in decode order from a key frame, with times of the source; `originTicks` is the timeline's 0 among them. */
export function feedPackets(video: VideoFacts, packets: readonly Packet[], originTicks: number): Feed {
  const last = packets.reduce((latest, packet) => Math.max(latest, packet.pts), -Infinity);
  const reorder = reorderDelay(video.frameRate, video.timescale);
  const { baseDecodeTime, samples, data } = toSamples(packets, last + Math.max(1, Math.round(video.timescale / 1000)), reorder);
  // Whole seconds, so that nothing below 0 is left and the timeline's zero stays on every frame grid.
  const shift = Math.ceil(Math.max(0, originTicks - baseDecodeTime) / video.timescale) * video.timescale;
  const fragment = { sequence: 1, trackId: TRACK_ID, baseDecodeTime: baseDecodeTime - originTicks + shift, samples, data };
  const init = writeInit({ kind: "video", trackId: TRACK_ID, ...videoTrack(video), rotation: 0 });
  // Without an edit list FFmpeg shows everything late by the reorder delay.
  return { stream: Readable.from(fragmentPieces(init, fragment), { objectMode: false }), offset: shift + reorder };
}
