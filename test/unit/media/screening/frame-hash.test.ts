import { expect } from "chai";
import * as fc from "fast-check";
import { formatHash, hashDistance, hashFrame, HASH_BITS, HASH_SIDE, parseHash } from "../../../../media/screening/frame-hash.ts";
import { isSameVideo, matchFrames, SAME_BITS } from "../../../../media/screening/hash-match.ts";

const paint = (shade: (x: number, y: number) => number): Uint8Array => Uint8Array.from({ length: HASH_SIDE * HASH_SIDE }, (_, i) => Math.max(0, Math.min(255, Math.round(shade(i % HASH_SIDE, Math.floor(i / HASH_SIDE))))));
/** Patches in shades of their own, as chance has it: something to see at every frequency. */
const waves = (seed: number) => {
  let state = seed * 2_654_435_761;
  const shades = Array.from({ length: 256 }, () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0;
    return 16 + (state % 220);
  });
  return paint((x, y) => shades[(y >> 2) * 16 + (x >> 2)] ?? 0);
};

describe("the hash of a frame", () => {
  it("keeps its bits when the picture gets flatter and is rounded", () => {
    const { bits, detail } = hashFrame(waves(1));
    expect(detail).to.be.above(20);
    const worse = waves(1).map((value) => Math.round(20 + value * 0.6));
    expect(hashDistance(bits, hashFrame(worse).bits)).to.be.at.most(SAME_BITS);
  });

  it("is another for another picture, its mirror image and its negative", () => {
    const { bits } = hashFrame(waves(1));
    const original = waves(1);
    const mirrored = paint((x, y) => original[y * HASH_SIDE + HASH_SIDE - 1 - x] ?? 0);
    for (const other of [waves(2), waves(5), mirrored, original.map((value) => 255 - value)]) expect(hashDistance(bits, hashFrame(other).bits)).to.be.above(2 * SAME_BITS);
  });

  it("has all but half of its bits set, and says that a blank page has nothing to see", () => {
    expect(hashDistance(hashFrame(waves(3)).bits, new Uint8Array(HASH_BITS / 8))).to.equal(HASH_BITS / 2 - 1);
    expect(hashFrame(paint(() => 235)).detail).to.equal(0);
  });

  it("is text and back", () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bits) => { expect(parseHash(formatHash(bits))).to.deep.equal(bits); }));
    for (const wrong of ["", "g".repeat(64), "0".repeat(63), "0".repeat(65)]) expect(parseHash(wrong)).to.equal(undefined);
  });
});

describe("a match of frames", () => {
  const frames = (seeds: readonly number[], detail = 60) => seeds.map((seed, at) => ({ at, hash: hashFrame(waves(seed)).bits, detail }));
  const listed = (...seeds: number[]) => seeds.map((seed) => hashFrame(waves(seed)).bits);

  it("counts frames that are listed, and never ones with nothing to see", () => {
    expect(matchFrames(frames([1, 2, 3, 4]), listed(2, 4, 9))).to.deep.equal({ at: [1, 3], share: 0.5, distance: 0 });
    expect(matchFrames(frames([1, 2], 5), listed(1, 2))).to.equal(undefined);
    expect(matchFrames(frames([1, 2]), listed(7))).to.equal(undefined);
    expect(matchFrames(frames([1, 2]), [])).to.equal(undefined);
  });

  it("is of the same video from half of it on, and not by one slide", () => {
    expect(isSameVideo({ at: [1, 2, 3], share: 0.5, distance: 0 })).to.equal(true);
    expect(isSameVideo({ at: [1, 2], share: 0.5, distance: 0 })).to.equal(false);
    expect(isSameVideo({ at: [1, 2, 3], share: 0.3, distance: 0 })).to.equal(false);
    expect(isSameVideo({ at: [1], share: 1, distance: 0 })).to.equal(true);
  });
});
