import { expect } from "chai";
import { av1Codecs, av1Level, hevcCodecs, hevcLevel, type StreamNeeds } from "../../../media/codec-levels.ts";

const needs = (width: number, height: number, fps: number, peakKbps = 500): StreamNeeds => ({ width, height, frameRate: { num: fps * 1_000, den: 1_000 }, peakKbps });

describe("levels of HEVC", () => {
  it("follow size, rate and peak", () => {
    expect(hevcLevel(needs(426, 240, 30))).to.equal(20);
    expect(hevcLevel(needs(640, 360, 30))).to.equal(21);
    expect(hevcLevel(needs(640, 360, 60))).to.equal(30);
    expect(hevcLevel(needs(1_280, 720, 30))).to.equal(31);
    expect(hevcLevel(needs(1_280, 720, 60))).to.equal(40);
    expect(hevcLevel(needs(1_920, 1_080, 30))).to.equal(40);
    expect(hevcLevel(needs(1_920, 1_080, 60))).to.equal(41);
    expect(hevcLevel(needs(3_840, 2_160, 30))).to.equal(50);
    expect(hevcLevel(needs(640, 360, 30, 3_001))).to.equal(30);
  });
  it("allow a long side only so far", () => expect(hevcLevel(needs(1_410, 16, 30))).to.equal(30)); // 1402 at 2.1
  it("end at the highest", () => expect(hevcLevel(needs(16_384, 16_384, 300))).to.equal(62));
  it("are said in codec strings, thirty to a level", () => {
    expect(hevcCodecs(31)).to.equal("hvc1.1.6.L93.90");
    expect(hevcCodecs(40)).to.equal("hvc1.1.6.L120.90");
  });
});

describe("levels of AV1", () => {
  it("follow size, rate and peak", () => {
    expect(av1Level(needs(426, 240, 30))).to.equal(20);
    expect(av1Level(needs(640, 360, 30))).to.equal(21);
    expect(av1Level(needs(640, 360, 60))).to.equal(30);
    expect(av1Level(needs(1_280, 720, 30))).to.equal(31);
    expect(av1Level(needs(1_920, 1_080, 30))).to.equal(40);
    expect(av1Level(needs(1_920, 1_080, 60))).to.equal(41);
    expect(av1Level(needs(3_840, 2_160, 30))).to.equal(50);
    expect(av1Level(needs(426, 240, 30, 1_501))).to.equal(21);
  });
  it("allow a long side only so far", () => expect(av1Level(needs(2_050, 16, 30))).to.equal(21));
  it("are said in codec strings, four to a whole one", () => {
    expect([20, 21, 30, 31, 40, 41, 50, 62].map(av1Codecs)).to.deep.equal(["00", "01", "04", "05", "08", "09", "12", "18"].map((index) => `av01.0.${index}M.08`));
  });
});
