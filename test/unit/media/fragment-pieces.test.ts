import { expect } from "chai";
import { fragmentPieces } from "../../../media/cmaf/fragment-pieces.ts";
import { writeFragment } from "../../../media/cmaf/fragment.ts";

const KIB = 1024;
const init = Buffer.from("init");
const fragmentOf = (sizes: readonly number[]) => ({
  sequence: 1, trackId: 1, baseDecodeTime: 0,
  samples: sizes.map((size, n) => ({ size, duration: 1, compositionOffset: 0, isKey: n === 0 })),
  data: sizes.map((size, n) => Buffer.alloc(size, n + 1)),
});

describe("a fragment in pieces", () => {
  it("is what it is as a whole, after the init segment", () => {
    for (const sizes of [[1], [300 * KIB], Array.from({ length: 500 }, (_, n) => n * 7 + 1), [0, 100 * KIB, 200 * KIB, 5]]) {
      const fragment = fragmentOf(sizes);
      expect(Buffer.concat([...fragmentPieces(init, fragment)]).equals(Buffer.concat([init, writeFragment(fragment)])), String(sizes.length)).to.equal(true);
    }
  });

  it("comes in pieces of no more than a frame, or of some small ones, each made when it is asked for", () => {
    const fragment = fragmentOf([...Array.from({ length: 100 }, () => 100 * KIB), ...Array.from({ length: 100 }, () => KIB)]);
    const pieces = fragmentPieces(init, fragment);
    const lengths = [pieces.next(), pieces.next(), pieces.next()].map(({ value }) => (value as Buffer).length);
    expect(lengths.slice(1)).to.deep.equal([100 * KIB, 100 * KIB]);
    fragment.data[199]?.fill(0xaa);
    const rest = [...pieces];
    expect(rest.map(({ length }) => length).slice(98)).to.deep.equal([64 * KIB, 36 * KIB]);
    expect(rest.at(-1)?.at(-1)).to.equal(0xaa);
  });

  it("copies no frame of some size", () => {
    const fragment = fragmentOf([100 * KIB]);
    expect([...fragmentPieces(init, fragment)].some(({ buffer }) => buffer === fragment.data[0]?.buffer)).to.equal(true);
  });
});
