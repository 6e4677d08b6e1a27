import { expect } from "chai";
import { planPieces, readPiece } from "../../../../services/transcoder/clip-feed.ts";
import { makeFacts } from "../../../support/sample-facts.ts";

const SCALE = 12_800;
const sec = (...seconds: number[]): number[] => seconds.map((second) => second * SCALE);
const FACTS = makeFacts({ video: { end: 60 * SCALE, keyFrames: sec(0, 4, 8, 12, 16, 20, 24, 50) } });

describe("the feed of a clip", () => {
  it("is read in pieces of eight seconds or more that begin at key frames", () => {
    const pieces = (from: number, to: number) => planPieces(FACTS, from * SCALE, to * SCALE).map((piece) => [piece.from / SCALE, piece.to / SCALE]);
    expect(pieces(1, 7)).to.deep.equal([[1, 7]]);
    expect(pieces(3, 60)).to.deep.equal([[3, 12], [12, 20], [20, 50], [50, 60]]);
    expect(pieces(0, 16)).to.deep.equal([[0, 8], [8, 16]]);
  });

  it("has each frame once where groups of pictures are open: those behind the next key frame come with that", async () => {
    const packets = ([[0, true], [2, false], [1, false], [8, true], [7, false], [6, false]] as const).map(([second, isKey]) => ({ pts: second * SCALE, duration: SCALE, isKey, data: new Uint8Array(1) }));
    const shown = async (isLast: boolean) => (await readPiece(FACTS, { from: 0, to: 8 * SCALE }, isLast, async () => packets)).map(({ pts }) => pts / SCALE);
    expect(await shown(false)).to.deep.equal([0, 2, 1]);
    expect(await shown(true)).to.deep.equal([0, 2, 1, 8, 7, 6]);
  });
});
