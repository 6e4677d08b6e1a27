import { expect } from "chai";
import { readBoxes } from "../../../../media/cmaf/boxes.ts";
import { readFragments } from "../../../../media/cmaf/fragment.ts";
import { feedSpan, planPieces, readPiece } from "../../../../services/transcoder/span-feed.ts";
import type { ReadPackets } from "../../../../services/transcoder/repackage.ts";
import { makeFacts } from "../../../support/sample-facts.ts";
import { rejection } from "../../../support/rejection.ts";

const SCALE = 12_800;
const sec = (...seconds: number[]): number[] => seconds.map((second) => second * SCALE);
const FACTS = makeFacts({ video: { end: 60 * SCALE, keyFrames: sec(0, 4, 8, 12, 16, 20, 24, 50) } });

describe("the feed of a span", () => {
  it("is read in pieces of two seconds or more that begin at key frames", () => {
    const pieces = (from: number, to: number, facts = FACTS) => planPieces(facts, from * SCALE, to * SCALE).map((piece) => [piece.from / SCALE, piece.to / SCALE]);
    expect(pieces(1, 4)).to.deep.equal([[1, 4]]);
    expect(pieces(1, 7)).to.deep.equal([[1, 4], [4, 7]]);
    expect(pieces(3, 60)).to.deep.equal([[3, 8], [8, 12], [12, 16], [16, 20], [20, 24], [24, 50], [50, 60]]);
    expect(pieces(0, 16)).to.deep.equal([[0, 4], [4, 8], [8, 12], [12, 16]]);
    const dense = makeFacts({ video: { end: 60 * SCALE, keyFrames: sec(0, 1, 2, 3, 4, 5) } });
    expect(pieces(0, 6, dense)).to.deep.equal([[0, 2], [2, 4], [4, 6]]);
  });

  it("has each frame once where groups of pictures are open: those behind the next key frame come with that", async () => {
    const packets = ([[0, true], [2, false], [1, false], [8, true], [7, false], [6, false]] as const).map(([second, isKey]) => ({ pts: second * SCALE, duration: SCALE, isKey, data: new Uint8Array(1) }));
    const shown = async (isLast: boolean) => (await readPiece(FACTS, { from: 0, to: 8 * SCALE }, isLast, async () => packets)).map(({ pts }) => pts / SCALE);
    expect(await shown(false)).to.deep.equal([0, 2, 1]);
    expect(await shown(true)).to.deep.equal([0, 2, 1, 8, 7, 6]);
  });

  /** A frame a second, shown in the order in which it is decoded; counts what was read. */
  function source(failsFrom = Infinity) {
    const reads: number[][] = [];
    const read: ReadPackets = async ({ from, to }) => {
      reads.push([from / SCALE, to / SCALE]);
      if (from >= failsFrom * SCALE) throw new Error("the origin is away");
      const key = FACTS.video.keyFrames.filter((time) => time <= from).at(-1) ?? 0;
      return Array.from({ length: Math.ceil((to - key) / SCALE) }, (_, n) => key + n * SCALE).map((pts) => ({ pts, duration: SCALE, isKey: FACTS.video.keyFrames.includes(pts), data: Buffer.alloc(100_000, pts / SCALE) }));
    };
    return { reads, read };
  }
  const drain = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece);
    return Buffer.concat(pieces);
  };

  it("has each frame once, at its time, in a fragment a piece", async () => {
    const { read, reads } = source();
    const { stream, offset, firstTimes } = await feedSpan(FACTS, 3 * SCALE, 30 * SCALE, read);
    const bytes = await drain(stream);
    const boxes = readBoxes(bytes).map(({ type }) => type);
    expect(boxes).to.deep.equal(["ftyp", "moov", ...reads.flatMap(() => ["moof", "mdat"])]);
    const fragments = readBoxes(bytes).filter(({ type }) => type === "moof").flatMap(({ start }, i, all) => readFragments(bytes.subarray(start, all[i + 1]?.start)));
    const shown = fragments.flatMap(({ baseDecodeTime, samples, data }) => samples.map(({ compositionOffset }, n) => {
      const decoded = samples.slice(0, n).reduce((sum, { duration }) => sum + duration, baseDecodeTime);
      return [(decoded + compositionOffset - offset + FACTS.originTicks) / SCALE, data[n]?.[0]];
    }));
    expect(shown).to.deep.equal(Array.from({ length: 30 }, (_, second) => [second, second]));
    expect(firstTimes.map((time) => time / SCALE)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("is read no more than a piece ahead of who takes it", async () => {
    const { read, reads } = source();
    const { stream } = await feedSpan(FACTS, 0, 50 * SCALE, read);
    expect(reads).to.deep.equal([[0, 4], [4, 8]]);
    for await (const piece of stream as AsyncIterable<Buffer>) if (piece.length > 0) break; // which gives the stream up
    expect(reads.length).to.be.at.most(3);
  });

  it("ends where a piece could not be read, and says why; of the first who asks is told", async () => {
    const { read } = source(8);
    const feed = await feedSpan(FACTS, 0, 50 * SCALE, read);
    expect(readBoxes(await drain(feed.stream)).filter(({ type }) => type === "moof")).to.have.length(2);
    for (const work of [async () => "what came before", async () => await Promise.reject(new Error("too short"))]) expect(await rejection(feed.through(work()), "work")).to.have.property("message", "the origin is away");
    expect(await rejection(feedSpan(FACTS, 8 * SCALE, 20 * SCALE, read), "feed")).to.have.property("message", "the origin is away");
  });

  it("says also what is wrong with packets, in place of what FFmpeg says of a span that ends there", async () => {
    const twice: ReadPackets = async () => [0, 0].map((pts) => ({ pts, duration: SCALE, isKey: true, data: Buffer.alloc(1) }));
    const feed = await feedSpan(FACTS, 0, 2 * SCALE, twice);
    expect((await drain(feed.stream)).length).to.equal(0);
    expect(await rejection(feed.through(Promise.reject(new Error("FFmpeg failed"))), "work")).to.have.property("message", "duplicate timestamp");
    const whole = await feedSpan(FACTS, 0, 2 * SCALE, source().read);
    expect(await whole.through(Promise.resolve("made"))).to.equal("made");
    expect(await rejection(whole.through(Promise.reject(new Error("FFmpeg failed"))), "work")).to.have.property("message", "FFmpeg failed");
  });
});
