import { expect } from "chai";
import { MOST_FLASHES, openFlashWatch } from "../../../../media/screening/flashes.ts";
import { HASH_SIDE } from "../../../../media/screening/frame-hash.ts";

const RATE = 25;
/** The left `share` of the picture in one shade, the rest grey. */
const picture = (shade: number, share = 1): Uint8Array => Uint8Array.from({ length: HASH_SIDE * HASH_SIDE }, (_, i) => (i % HASH_SIDE < HASH_SIDE * share ? shade : 120));

/** @returns the most flashes within a second of frames at 25 a second */
function watch(frames: readonly Uint8Array[], cutAt = -1): number {
  const flashes = openFlashWatch(RATE);
  frames.forEach((frame, n) => {
    if (n === cutAt) flashes.cut();
    flashes.frame(frame, n);
  });
  return flashes.worst().flashes;
}
const flicker = (everyFrames: number, bright: number, dark: number, share = 1): Uint8Array[] => Array.from({ length: 3 * RATE }, (_, n) => picture(Math.floor(n / everyFrames) % 2 === 0 ? dark : bright, share));

describe("flashes", () => {
  it("are counted by the second: a flash is there and back", () => {
    expect(watch(flicker(5, 235, 16))).to.equal(2);
    expect(watch(flicker(3, 235, 16))).to.be.within(MOST_FLASHES + 1, 4);
    expect(watch(flicker(1, 235, 16))).to.equal(12);
  });

  it("are none where the picture changes for good, fades, or is bright in both", () => {
    expect(watch([...Array.from({ length: 10 }, () => picture(16)), ...Array.from({ length: 10 }, () => picture(235))])).to.equal(0);
    expect(watch(Array.from({ length: 75 }, (_, n) => picture(16 + n * 2)))).to.equal(0);
    expect(watch(flicker(1, 235, 222))).to.equal(0);
    expect(watch(flicker(1, 60, 50))).to.equal(0);
  });

  it("are none in a corner that is too small, and are where an eighth of the picture flashes", () => {
    const corner = flicker(1, 235, 16).map((frame) => frame.map((value, i) => (i % HASH_SIDE < 8 && i < 8 * HASH_SIDE ? value : 120)));
    expect(watch(corner)).to.equal(0);
    expect(watch(flicker(2, 235, 16, 1 / 8))).to.be.above(MOST_FLASHES);
  });

  it("are not what wanders: places that change one after the other", () => {
    const wandering = Array.from({ length: 64 }, (_, n) => Uint8Array.from({ length: HASH_SIDE * HASH_SIDE }, (_, i) => (Math.floor((i % HASH_SIDE) / 8) === n % 8 ? 235 : 16)));
    expect(watch(wandering.slice(0, 24))).to.be.at.most(MOST_FLASHES);
  });

  it("do not go on over a cut to another part of the video", () => {
    const two = [picture(16), picture(235)];
    expect(watch([...two, ...two])).to.equal(1);
    expect(watch([...two, ...two], 2)).to.equal(0);
  });
});
