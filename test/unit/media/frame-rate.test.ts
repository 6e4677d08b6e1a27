import { expect } from "chai";
import * as fc from "fast-check";
import { decimation, findFrameRate, isKept, parseFrameRate } from "../../../media/frame-rate.ts";
import { gcd, rational } from "../../../media/rational.ts";

const every = (gap: number, count = 100): number[] => Array.from({ length: count }, () => gap);

describe("measured frame rate", () => {
  it("is the standard rate that frames in coarse ticks mean", () => {
    expect(findFrameRate(every(512), 12_800)).to.deep.equal({ num: 25, den: 1 });
    expect(findFrameRate(every(1001), 30_000)).to.deep.equal({ num: 30_000, den: 1_001 });
    // Matroska counts milliseconds: 33, 33, 34, …
    expect(findFrameRate(Array.from({ length: 300 }, (_, i) => Math.round(((i + 1) * 1001) / 30) - Math.round((i * 1001) / 30)), 1000)).to.deep.equal({ num: 30_000, den: 1_001 });
    expect(findFrameRate(Array.from({ length: 300 }, (_, i) => Math.round((i + 1) * 41.7083) - Math.round(i * 41.7083)), 1000)).to.deep.equal({ num: 24_000, den: 1_001 });
    expect(findFrameRate(every(80), 1000)).to.deep.equal({ num: 25, den: 2 });
  });

  it("tells 30 from 29.97 and 24 from 23.976", () => {
    expect(findFrameRate(every(3000), 90_000)).to.deep.equal({ num: 30, den: 1 });
    expect(findFrameRate(every(3003), 90_000)).to.deep.equal({ num: 30_000, den: 1_001 });
    expect(findFrameRate(every(3750), 90_000)).to.deep.equal({ num: 24, den: 1 });
    expect(findFrameRate(every(3754), 90_000)).to.deep.equal({ num: 24_000, den: 1_001 });
  });

  it("is the mean of uneven frames, to a hundredth", () => {
    expect(findFrameRate([30, 60, 30, 60], 1000)).to.deep.equal({ num: 1_111, den: 50 });
    expect(findFrameRate([100_000], 1000)).to.deep.equal({ num: 1, den: 100 });
    expect(findFrameRate([10_000_000], 1000)).to.deep.equal({ num: 1, den: 100 });
  });

  it("is 1 where there is nothing to measure, and 1000 at the most", () => {
    expect(findFrameRate([], 1000)).to.deep.equal({ num: 1, den: 1 });
    expect(findFrameRate([0, -5], 1000)).to.deep.equal({ num: 1, den: 1 });
    expect(findFrameRate(every(1), 1000)).to.deep.equal({ num: 1_000, den: 1 });
  });

  it("is always a positive rate in lowest terms, near the mean", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 90_000 }), (gaps, timescale) => {
      const { num, den } = findFrameRate(gaps, timescale);
      const mean = (gaps.length * timescale) / gaps.reduce((sum, gap) => sum + gap, 0);
      expect(gcd(num, den)).to.equal(1);
      expect(num / den).to.be.closeTo(Math.min(1_000, Math.max(0.01, mean)), Math.max(0.0051, mean * 0.001));
    }));
  });
});

describe("frame rate as ffprobe writes it", () => {
  it("is parsed and reduced, and bounded", () => {
    expect(parseFrameRate("30000/1001")).to.deep.equal({ num: 30_000, den: 1_001 });
    expect(parseFrameRate("50/2")).to.deep.equal({ num: 25, den: 1 });
    expect(parseFrameRate("90000/1")).to.deep.equal({ num: 1_000, den: 1 });
  });

  it("is undefined for nonsense", () => {
    for (const text of ["0/0", "25/0", "0/1", "", "25", "-25/1", "25/1/1", "N/A", "1e3/1", "25/1\n", "9999999999/1"]) expect(parseFrameRate(text), text).to.equal(undefined);
    fc.assert(fc.property(fc.string(), (text) => {
      const rate = parseFrameRate(text);
      expect(rate === undefined || (rate.num > 0 && rate.den > 0)).to.equal(true);
    }));
  });
});

describe("frames that an encode keeps", () => {
  it("are all of a source up to 60 a second, and every second, third, … of a faster one", () => {
    expect([1, 25, 60, 60.02].map((rate) => decimation(rational(Math.round(rate * 100), 100)))).to.deep.equal([1, 1, 1, 1]);
    expect([90, 100, 120, 144, 240].map((rate) => decimation(rational(rate, 1)))).to.deep.equal([2, 2, 2, 3, 4]);
  });

  it("are told by their own time alone", () => {
    const kept = (frames: number, rate: number): number[] => Array.from({ length: frames }, (_, i) => i).filter((i) => isKept(Math.round((i * 90_000) / rate), { frameRate: rational(rate, 1), timescale: 90_000 }));
    expect(kept(6, 60)).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(kept(8, 120)).to.deep.equal([0, 2, 4, 6]);
    expect(kept(8, 144)).to.deep.equal([0, 3, 6]);
  });
});
