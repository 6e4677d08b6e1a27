import { expect } from "chai";
import * as fc from "fast-check";
import { formatSeconds, gcd, rational, rescaleCeil, rescaleFloor } from "../../../media/rational.ts";

const ticks = fc.maxSafeInteger();
const scale = fc.integer({ min: 1, max: 2 ** 31 });

describe("rational", () => {
  it("is in lowest terms with a positive denominator", () => {
    expect(rational(50_000, 2_000)).to.deep.equal({ num: 25, den: 1 });
    expect(rational(60_000, 2_002)).to.deep.equal({ num: 30_000, den: 1_001 });
    expect(rational(3, -6)).to.deep.equal({ num: -1, den: 2 });
    expect(rational(-3, -6)).to.deep.equal({ num: 1, den: 2 });
    expect(rational(0, -7)).to.deep.equal({ num: 0, den: 1 });
    fc.assert(fc.property(ticks, scale, (num, den) => {
      const reduced = rational(num, den);
      expect(gcd(reduced.num, reduced.den)).to.equal(1);
      expect(reduced.den).to.be.greaterThan(0);
      expect(BigInt(reduced.num) * BigInt(den)).to.equal(BigInt(num) * BigInt(reduced.den));
    }));
  });

  it("has a greatest common divisor that divides both", () => {
    expect(gcd(0, 0)).to.equal(0);
    expect(gcd(12, -18)).to.equal(6);
    expect(gcd(0, 5)).to.equal(5);
  });
});

describe("rescaling of ticks", () => {
  it("is exact where floating point is not", () => {
    expect(rescaleFloor(9_007_199_254_740_991, 90_000, 90_000)).to.equal(9_007_199_254_740_991);
    expect(rescaleFloor(8_640_000_000_000, 1_000_000, 48_000)).to.equal(414_720_000_000);
    expect(rescaleFloor(3, 30_000, 12_800)).to.equal(1);
    expect(rescaleCeil(3, 30_000, 12_800)).to.equal(2);
  });

  it("rounds down, or up, also below zero", () => {
    expect([rescaleFloor(-1, 2, 1), rescaleFloor(-2, 2, 1), rescaleFloor(1, 2, 1)]).to.deep.equal([-1, -1, 0]);
    expect([rescaleCeil(-1, 2, 1), rescaleCeil(1, 2, 1), rescaleCeil(2, 2, 1)].map((n) => n + 0)).to.deep.equal([0, 1, 1]);
  });

  it("never makes a negative zero", () => {
    for (const zero of [rescaleFloor(0, 3, 7), rescaleCeil(0, 3, 7), rescaleCeil(-1, 2, 1), rational(0, -7).num]) expect(Object.is(zero, 0)).to.equal(true);
  });

  it("brackets the exact value within one tick", () => {
    fc.assert(fc.property(fc.integer({ min: -1e10, max: 1e10 }), scale, fc.integer({ min: 1, max: 9e5 }), (value, from, to) => {
      const exact = BigInt(value) * BigInt(to);
      const [floor, ceil] = [BigInt(rescaleFloor(value, from, to)), BigInt(rescaleCeil(value, from, to))];
      expect(floor * BigInt(from) <= exact && exact < (floor + 1n) * BigInt(from)).to.equal(true);
      expect(ceil * BigInt(from) >= exact && exact > (ceil - 1n) * BigInt(from)).to.equal(true);
    }));
  });
});

describe("seconds for FFmpeg", () => {
  it("have six places, rounded down", () => {
    expect(formatSeconds(0, 90_000)).to.equal("0.000000");
    expect(formatSeconds(1, 3)).to.equal("0.333333");
    expect(formatSeconds(2, 3)).to.equal("0.666666");
    expect(formatSeconds(60_060, 30_000)).to.equal("2.002000");
    expect(formatSeconds(7_200 * 90_000 + 1, 90_000)).to.equal("7200.000011");
    expect(formatSeconds(-1, 2)).to.equal("-0.500000");
    expect(formatSeconds(-1, 3)).to.equal("-0.333334");
  });

  it("read back within a microsecond of the ticks, in their order", () => {
    fc.assert(fc.property(fc.integer({ min: -9e9, max: 9e9 }), fc.integer({ min: 1, max: 1e6 }), (value, timescale) => {
      const micros = BigInt(formatSeconds(value, timescale).replace(".", ""));
      const exact = BigInt(value) * 1_000_000n;
      expect(micros * BigInt(timescale) <= exact && exact < (micros + 1n) * BigInt(timescale)).to.equal(true);
    }));
  });
});
