/** The packets of a long span for FFmpeg's standard input, read a piece at a time: minutes of a source are never in memory at once. */
import { Readable } from "node:stream";
import { fragmentPieces } from "../../media/cmaf/fragment-pieces.ts";
import type { Packet } from "../../media/cmaf/samples.ts";
import type { Facts } from "../../media/facts.ts";
import { earliestOf, feedWriter, type Feed } from "./feed.ts";
import type { ReadPackets } from "./repackage.ts";

/** Two are in memory: one that FFmpeg takes, and the next. */
const PIECE_SEC = 2;

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

export interface SpanFeed extends Feed {
  /** Presentation times of the first piece, in decode order. */
  firstTimes: readonly number[];
  /**
   * `work` is done with what is fed. @throws what reading a piece threw, whatever `work` made of a span that then ended there;
   * what `work` throws
   */
  through<T>(work: Promise<T>): Promise<T>;
}

/**
 * Feeds the packets of [from, to), times of the source, from a key frame. Times as in `feedPackets`.
 * @throws what `readPackets` throws of the first piece
 */
export async function feedSpan(facts: Facts, from: number, to: number, readPackets: ReadPackets): Promise<SpanFeed> {
  const { video, originTicks } = facts;
  const pieces = planPieces(facts, from, to);
  const read = (i: number): Promise<Packet[]> | undefined => {
    const piece = pieces[i];
    const packets = piece === undefined ? undefined : readPiece(facts, piece, i === pieces.length - 1, readPackets);
    packets?.catch(() => undefined); // told when its turn comes; nobody is there to hear it when the feed is given up before
    return packets;
  };
  const [first, second] = [read(0), read(1)];
  const firstPackets = await first ?? [];
  const firstTimes = firstPackets.map(({ pts }) => pts);
  const writer = feedWriter(video, earliestOf(firstPackets), originTicks);
  let failure: unknown;

  async function* feed(coming: (Promise<Packet[]> | undefined)[]): AsyncGenerator<Buffer> {
    let init = writer.init();
    for (let i = 0; i < pieces.length; i++) {
      const fragment = await coming.shift()?.then((packets) => (packets.length === 0 ? undefined : writer.fragment(packets, i + 1, pieces[i + 1]?.from))).catch((error: unknown) => { failure = error; });
      if (failure !== undefined) return;
      if (i > 0) coming.push(read(i + 1)); // while FFmpeg takes this one
      if (fragment === undefined) continue;
      yield* fragmentPieces(init, fragment);
      init = Buffer.alloc(0);
    }
  }

  async function through<T>(work: Promise<T>): Promise<T> {
    const [ended] = await Promise.allSettled([work]);
    if (failure !== undefined) throw failure;
    if (ended.status === "rejected") throw ended.reason;
    return ended.value;
  }

  return { stream: Readable.from(feed([first, second]), { objectMode: false }), offset: writer.offset, firstTimes, through };
}
