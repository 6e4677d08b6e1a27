import { expect } from "chai";
import { lookSize, measureMoment, type Luma } from "../../../../media/content/moment.ts";

/** Four blocks by two. */
const SIZE = { width: 32, height: 16 };
const picture = (luma: (x: number, y: number) => number): Luma => Uint8Array.from({ length: SIZE.width * SIZE.height }, (_, i) => luma(i % SIZE.width, Math.floor(i / SIZE.width)));
const paper = picture(() => 235);
/** Stripes in the left one of four columns of blocks. */
const print = picture((x) => (x < 8 && x % 2 === 0 ? 16 : 235));
const ramp = picture((x, y) => 4 * x + 4 * y);

describe("size of a look", () => {
  const size = (width: number, height: number): string => `${lookSize(width, height).width}x${lookSize(width, height).height}`;

  it("has a short side of 360 pixels, the video's aspect, and even sides", () => {
    expect(size(1920, 1080)).to.equal("640x360");
    expect(size(1080, 1920)).to.equal("360x640");
    expect(size(720, 577)).to.equal("450x360");
  });

  it("never enlarges, and bounds what is absurd", () => {
    expect(size(320, 180)).to.equal("320x180");
    expect(size(16_384, 2)).to.equal("1440x8");
    expect(size(0, 0)).to.equal("8x8");
  });
});

describe("a moment's figures", () => {
  it("tell paper from print", () => {
    expect(measureMoment(SIZE, [paper], undefined)).to.deep.equal({ flat: 1, edged: 0, moving: 0, tones: 1 });
    expect(measureMoment(SIZE, [print], undefined)).to.deep.equal({ flat: 0.75, edged: 0.25, moving: 0, tones: 1 });
  });

  it("call a shaded picture neither, and its shades many", () => {
    const { flat, edged, tones } = measureMoment(SIZE, [ramp], undefined);
    expect([flat, edged]).to.deep.equal([0, 0]);
    expect(tones).to.be.within(0.05, 0.2);
  });

  it("count the blocks that move, and not what a codec makes of a still picture", () => {
    const noisy = picture((x, y) => 235 - ((x + y) % 3));
    expect(measureMoment(SIZE, [paper, noisy], undefined).moving).to.equal(0);
    expect(measureMoment(SIZE, [paper, noisy, print], undefined).moving).to.equal(0.25);
  });

  it("count the blocks that are another picture than in the moment before", () => {
    expect(measureMoment(SIZE, [print, paper], print).changed).to.equal(0);
    expect(measureMoment(SIZE, [print, print], paper).changed).to.equal(0.25);
  });
});
