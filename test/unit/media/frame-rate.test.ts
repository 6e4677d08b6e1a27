import { expect } from "chai";
import * as fc from "fast-check";
import { findFrameRate, parseFrameRate } from "../../../media/frame-rate.ts";
import { gcd } from "../../../media/rational.ts";

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

  it("is 1 where there is nothing to measure, and 120 at the most", () => {
    expect(findFrameRate([], 1000)).to.deep.equal({ num: 1, den: 1 });
    expect(findFrameRate([0, -5], 1000)).to.deep.equal({ num: 1, den: 1 });
    expect(findFrameRate(every(1), 1000)).to.deep.equal({ num: 120, den: 1 });
  });

  it("is always a positive rate in lowest terms, near the mean", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 90_000 }), (gaps, timescale) => {
      const { num, den } = findFrameRate(gaps, timescale);
      const mean = (gaps.length * timescale) / gaps.reduce((sum, gap) => sum + gap, 0);
      expect(gcd(num, den)).to.equal(1);
      expect(num / den).to.be.closeTo(Math.min(120, Math.max(0.01, mean)), Math.max(0.0051, mean * 0.001));
    }));
  });
});

describe("frame rate as ffprobe writes it", () => {
  it("is parsed and reduced, and bounded", () => {
    expect(parseFrameRate("30000/1001")).to.deep.equal({ num: 30_000, den: 1_001 });
    expect(parseFrameRate("50/2")).to.deep.equal({ num: 25, den: 1 });
    expect(parseFrameRate("90000/1")).to.deep.equal({ num: 120, den: 1 });
  });

  it("is undefined for nonsense", () => {
    for (const text of ["0/0", "25/0", "0/1", "", "25", "-25/1", "25/1/1", "N/A", "1e3/1", "25/1\n", "9999999999/1"]) expect(parseFrameRate(text), text).to.equal(undefined);
    fc.assert(fc.property(fc.string(), (text) => {
      const rate = parseFrameRate(text);
      expect(rate === undefined || (rate.num > 0 && rate.den > 0)).to.equal(true);
    }));
  });
});
