import { expect } from "chai";
import * as fc from "fast-check";
import { isBigChange, parseLoadReport, type LoadReport } from "../../../../config/placement/load-report.ts";

const report: LoadReport = { slots: 4, play: 1, background: 2, waiting: 0, ownCpu: 0.5, machineCpu: 0.75, speed: 30, accepting: true };

describe("load report", () => {
  it("is taken as it is when it is one", () => {
    expect(parseLoadReport(report)).to.deep.equal(report);
    expect(parseLoadReport({ ...report, speed: undefined })).to.not.have.property("speed");
    expect(parseLoadReport({ ...report, speed: 0 })).to.not.have.property("speed");
  });

  it("is brought within its limits, and has nothing else in it", () => {
    expect(parseLoadReport({ ...report, slots: 1e9, play: -5, waiting: Infinity, ownCpu: 17, machineCpu: -1, speed: -2, more: "x" }))
      .to.deep.equal({ slots: 256, play: 0, background: 2, waiting: 100_000, ownCpu: 1, machineCpu: 0, accepting: true });
  });

  it("is refused when anything that counts is missing or is no number", () => {
    for (const value of [undefined, null, 7, "x", [], { ...report, slots: "4" }, { ...report, play: NaN }, { ...report, accepting: 1 }]) expect(parseLoadReport(value)).to.equal(undefined);
    for (const field of Object.keys(report).filter((name) => name !== "speed")) expect(parseLoadReport({ ...report, [field]: undefined }), field).to.equal(undefined);
  });

  it("has only finite numbers, whatever came", () => {
    fc.assert(fc.property(fc.record(Object.fromEntries(Object.keys(report).map((name) => [name, fc.oneof(fc.double(), fc.boolean(), fc.anything())]))), (value) => {
      const parsed = parseLoadReport(value);
      if (parsed === undefined) return;
      for (const figure of Object.values(parsed)) expect(typeof figure === "boolean" || Number.isFinite(figure)).to.equal(true);
      expect(parsed.slots).to.be.within(1, 256);
    }));
  });

  it("is worth telling at once when the node stops or begins to accept calls, or its work changed by half its slots", () => {
    expect(isBigChange(report, { ...report, machineCpu: 0, background: 0, play: 2 })).to.equal(false);
    expect(isBigChange(report, { ...report, accepting: false })).to.equal(true);
    expect(isBigChange(report, { ...report, play: 2, waiting: 1 })).to.equal(true);
    expect(isBigChange({ ...report, play: 3 }, report)).to.equal(true);
    expect(isBigChange({ ...report, slots: 1 }, { ...report, slots: 1, play: 2 })).to.equal(true);
  });
});
