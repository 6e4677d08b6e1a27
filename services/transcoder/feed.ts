/**
 * A span of a source as fragmented MP4, for FFmpeg's standard input: it then has nothing to open, to seek or to index,
 * and a segment an hour in costs what the first one does.
 */
import { Readable } from "node:stream";
import type { Fragment } from "../../media/cmaf/fragment.ts";
import { fragmentPieces } from "../../media/cmaf/fragment-pieces.ts";
import { writeInit } from "../../media/cmaf/init.ts";
import { reorderDelay, toSamples, type Packet } from "../../media/cmaf/samples.ts";
import type { VideoFacts } from "../../media/facts.ts";
import { videoTrack } from "../../media/tracks.ts";

const TRACK_ID = 1;

export interface Feed { stream: Readable; /** Ticks of the video track to take from FFmpeg's times to get the timeline's. */ offset: number }

/** What a feed is written with, whole or piece by piece. */
export interface FeedWriter extends Pick<Feed, "offset"> {
  init(): Buffer;
  /**
   * @param packets in decode order from a key frame, with times of the source, not none
   * @param until time of the source at which the next fragment begins, and the last frame ends; undefined: there is no next
   */
  fragment(packets: readonly Packet[], sequence: number, until?: number): Fragment;
}

/** @param earliest what is fed begins at, and `originTicks` the timeline's 0: both times of the source */
export function feedWriter(video: VideoFacts, earliest: number, originTicks: number): FeedWriter {
  const reorder = reorderDelay(video.frameRate, video.timescale);
  // Whole seconds, so that nothing below 0 is left and the timeline's zero stays on every frame grid.
  const shift = Math.ceil(Math.max(0, originTicks - earliest) / video.timescale) * video.timescale;
  return {
    offset: shift + reorder, // without an edit list FFmpeg shows everything late by the reorder delay
    init: () => writeInit({ kind: "video", trackId: TRACK_ID, ...videoTrack(video), rotation: 0 }),
    fragment(packets, sequence, until = -Infinity) {
      const last = packets.reduce((latest, packet) => Math.max(latest, packet.pts), -Infinity);
      const { baseDecodeTime, samples, data } = toSamples(packets, Math.max(last + Math.max(1, Math.round(video.timescale / 1000)), until), reorder);
      return { sequence, trackId: TRACK_ID, baseDecodeTime: baseDecodeTime - originTicks + shift, samples, data };
    },
  };
}

export const earliestOf = (packets: readonly Packet[]): number => packets.reduce((least, { pts }) => Math.min(least, pts), Infinity);

/** `packets` in decode order from a key frame, with times of the source; `originTicks` is the timeline's 0 among them. */
export function feedPackets(video: VideoFacts, packets: readonly Packet[], originTicks: number): Feed {
  const { init, fragment, offset } = feedWriter(video, earliestOf(packets), originTicks);
  return { stream: Readable.from(fragmentPieces(init(), fragment(packets, 1)), { objectMode: false }), offset };
}
