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

  it("comes in pieces of some frames, whatever its length, each made when it is asked for", () => {
    const fragment = fragmentOf(Array.from({ length: 100 }, () => 100 * KIB));
    const pieces = fragmentPieces(init, fragment);
    const [first, second] = [pieces.next().value as Buffer, pieces.next().value as Buffer];
    expect([first.length, second.length].map((length) => length <= 400 * KIB)).to.deep.equal([true, true]);
    fragment.data[99]?.fill(0xaa);
    expect([...pieces].at(-1)?.at(-1)).to.equal(0xaa);
  });
});
