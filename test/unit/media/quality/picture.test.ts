import { expect } from "chai";
import * as fc from "fast-check";
import { compare, isBlack, pictureSize, type Picture } from "../../../../media/quality/picture.ts";

const [WIDTH, HEIGHT] = [32, 18];
const paint = (luma: (x: number, y: number) => number, chroma = 128): Picture => {
  const bytes = new Uint8Array(WIDTH * HEIGHT * 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = at % 2 === 0 ? chroma : luma((at >> 1) % WIDTH, Math.floor((at >> 1) / WIDTH));
  return { width: WIDTH, height: HEIGHT, bytes };
};
const bars = (shift: number): Picture => paint((x) => ((x + shift) % 8 < 4 ? 40 : 200));

describe("small pictures", () => {
  it("are alike to themselves, and only to themselves", () => {
    expect(compare(bars(0), bars(0))).to.deep.equal({ ssim: 1, lumaError: 0, chromaError: 0 });
    expect(compare(bars(0), bars(2)).ssim).to.be.below(0.2);
    fc.assert(fc.property(fc.uint8Array({ minLength: WIDTH * HEIGHT * 2, maxLength: WIDTH * HEIGHT * 2 }), (bytes) => {
      const { ssim } = compare({ width: WIDTH, height: HEIGHT, bytes }, bars(0));
      expect(ssim).to.be.within(-1, 1);
    }));
  });

  it("tell a wrong range and a wrong colour, which SSIM does not", () => {
    const full = paint((x) => 255 - x * 4);
    const limited = paint((x) => Math.round(16 + ((255 - x * 4) * 219) / 255));
    expect(compare(full, limited).ssim).to.be.above(0.95);
    expect(compare(full, limited).lumaError).to.be.above(5);
    expect(compare(paint(() => 90, 128), paint(() => 90, 148))).to.deep.equal({ ssim: 1, lumaError: 0, chromaError: 20 });
  });

  it("are black when they are dark and plain", () => {
    expect(isBlack(paint(() => 16))).to.equal(true);
    expect(isBlack(paint((x) => 14 + (x % 5)))).to.equal(true);
    expect(isBlack(paint((x, y) => (x < 4 && y < 4 ? 120 : 16)))).to.equal(false);
    expect(isBlack(paint(() => 60))).to.equal(false);
  });

  it("keep the shape of the video, are even, and never larger", () => {
    expect(pictureSize({ width: 1920, height: 1080 })).to.deep.equal({ width: 160, height: 90 });
    expect(pictureSize({ width: 406, height: 720 })).to.deep.equal({ width: 90, height: 160 });
    expect(pictureSize({ width: 120, height: 90 })).to.deep.equal({ width: 120, height: 90 });
    expect(pictureSize({ width: 16_000, height: 2 })).to.deep.equal({ width: 160, height: 2 });
  });
});
