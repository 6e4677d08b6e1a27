import { expect } from "chai";
import * as fc from "fast-check";
import { findErrorCode } from "../../../config/errors.ts";
import { resolveSpan, resolveTime, sizeStill } from "../../../media/asked-time.ts";
import { ceilTicks, floorTicks, parseSeconds } from "../../../media/seconds.ts";
import { makeFacts } from "../../support/sample-facts.ts";

const refused = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return findErrorCode(error);
  }
};

describe("seconds as a person writes them", () => {
  it("are kept exactly, and mean the tick at or before them, or at or after", () => {
    fc.assert(fc.property(fc.nat(999_999), fc.nat(999_999_999), fc.integer({ min: 1, max: 10_000_000 }), (whole, nanos, timescale) => {
      const seconds = parseSeconds(`${whole}.${String(nanos).padStart(9, "0")}`);
      if (seconds === undefined) throw new Error("not parsed");
      const exact = BigInt(whole) * 1_000_000_000n + BigInt(nanos);
      const floor = BigInt(floorTicks(seconds, timescale));
      const ceil = BigInt(ceilTicks(seconds, timescale));
      expect(floor * 1_000_000_000n <= exact * BigInt(timescale) && (floor + 1n) * 1_000_000_000n > exact * BigInt(timescale)).to.equal(true);
      expect(ceil).to.equal(floor * 1_000_000_000n === exact * BigInt(timescale) ? floor : floor + 1n);
    }));
  });

  it("are refused in any other form", () => {
    for (const text of ["", "-1", "+1", "1e3", "1:30", ".5", "1.", "1.0000000001", "1234567890", " 1", "1s", "NaN", "٣"]) expect(parseSeconds(text), text).to.equal(undefined);
    expect(parseSeconds("0012.50")).to.deep.equal({ units: 1250n, perSecond: 100n });
  });
});

describe("a time that is asked for", () => {
  const facts = makeFacts({ originTicks: 512, video: { start: 512, end: 128_512 } }); // ten seconds of 12,800 ticks

  it("is ticks from the first shown frame, and before the end", () => {
    expect(resolveTime(facts, "0")).to.equal(0);
    expect(resolveTime(facts, "0.1")).to.equal(1_280);
    expect(resolveTime(facts, "9.999999999")).to.equal(127_999);
    expect(refused(() => resolveTime(facts, "10"))).to.equal("bad_request");
    expect(refused(() => resolveTime(facts, "x"))).to.equal("bad_request");
  });

  it("spans frames from start up to, and not with, end; never beyond the video", () => {
    expect(resolveSpan(facts, "1", "2.5", 600)).to.deep.equal({ start: 12_800, end: 32_000 });
    expect(resolveSpan(facts, "0.00001", "99", 600)).to.deep.equal({ start: 1, end: 128_000 });
    for (const [start, end] of [["2", "2"], ["3", "2"], ["10", "11"], ["0", "6"], ["x", "2"], ["1", ""]] as const) {
      expect(refused(() => resolveSpan(facts, start, end, 5)), `${start} to ${end}`).to.equal("bad_request");
    }
  });
});

describe("the size of a still", () => {
  it("keeps the shape, is never larger than the video, and fits every format", () => {
    const facts = makeFacts();
    expect(sizeStill(facts, undefined)).to.deep.equal({ width: 1920, height: 1080 });
    expect(sizeStill(facts, 4_000)).to.deep.equal({ width: 1920, height: 1080 });
    expect(sizeStill(facts, 33)).to.deep.equal({ width: 33, height: 19 });
    expect(sizeStill(makeFacts({ video: { displayWidth: 1000, displayHeight: 3 } }), 10)).to.deep.equal({ width: 10, height: 1 });
    expect(sizeStill(makeFacts({ video: { displayWidth: 100, displayHeight: 30_000 } }), undefined)).to.deep.equal({ width: 54, height: 16_200 });
  });
});
