/** The packets of a long span for FFmpeg's standard input, read a piece at a time: minutes of a source are never in memory at once. */
import { Readable } from "node:stream";
import { writeFragment } from "../../media/cmaf/fragment.ts";
import { writeInit } from "../../media/cmaf/init.ts";
import { reorderDelay, toSamples, type Packet } from "../../media/cmaf/samples.ts";
import type { Facts } from "../../media/facts.ts";
import { videoTrack } from "../../media/tracks.ts";
import type { Feed } from "./feed.ts";
import type { ReadPackets } from "./repackage.ts";

const TRACK_ID = 1;
const PIECE_SEC = 8;

export interface Piece { from: number; to: number }

/** Times of the source in ticks of the video track, each a key frame's but for the ends. */
export function planPieces({ video }: Facts, from: number, to: number): Piece[] {
  const pieces = [{ from, to }];
  for (const key of video.keyFrames) {
    const last = pieces.at(-1);
    if (last === undefined || key >= to || key - last.from < PIECE_SEC * video.timescale) continue;
    last.to = key;
    pieces.push({ from: key, to });
  }
  return pieces;
}

/** In decode order, without the next piece's: where groups of pictures are open, frames of this one's time stand behind its key frame. */
export async function readPiece({ video }: Facts, { from, to }: Piece, isLast: boolean, readPackets: ReadPackets): Promise<Packet[]> {
  const packets = await readPackets({ track: "video", index: video.index, timescale: video.timescale, from, to });
  const next = isLast ? -1 : packets.findIndex((packet) => packet.isKey && packet.pts >= to);
  return next < 0 ? packets : packets.slice(0, next);
}

/** Feeds the pieces, of which the first has been read. Times as in `feedPackets`. */
export function feedPieces(facts: Facts, first: readonly Packet[], rest: readonly Piece[], readPackets: ReadPackets): Feed {
  const { video, originTicks } = facts;
  const reorder = reorderDelay(video.frameRate, video.timescale);
  const earliest = first.reduce((least, packet) => Math.min(least, packet.pts), Infinity);
  const shift = Math.ceil(Math.max(0, originTicks - earliest) / video.timescale) * video.timescale;
  let sequence = 0;
  const fragment = (packets: readonly Packet[]): Buffer => {
    const last = packets.reduce((latest, packet) => Math.max(latest, packet.pts), -Infinity);
    const { baseDecodeTime, samples, data } = toSamples(packets, last + Math.max(1, Math.round(video.timescale / 1000)), reorder);
    return writeFragment({ sequence: ++sequence, trackId: TRACK_ID, baseDecodeTime: baseDecodeTime - originTicks + shift, samples, data });
  };
  async function* pieces(): AsyncGenerator<Buffer> {
    yield writeInit({ kind: "video", trackId: TRACK_ID, ...videoTrack(video), rotation: 0 });
    yield fragment(first);
    for (const [i, piece] of rest.entries()) {
      const packets = await readPiece(facts, piece, i === rest.length - 1, readPackets);
      if (packets.length > 0) yield fragment(packets);
    }
  }
  return { stream: Readable.from(pieces(), { objectMode: false }), offset: shift + reorder };
}
