import { expect } from "chai";
import { openByteMeter } from "../../../../services/capacity/load/byte-meter.ts";

const counts = (sent: number, stored = 0, fetched = 0) => ({ sent, stored, fetched });

describe("the meter of bytes", () => {
  it("adds up what each node moved a second since the look before", () => {
    const meter = openByteMeter();
    expect(meter.look(0, [{ id: "a", counts: counts(1_000) }, { id: "b", counts: counts(5_000) }])).to.equal(undefined);
    expect(meter.look(10_000, [{ id: "a", counts: counts(2_000, 30) }, { id: "b", counts: counts(5_500, 0, 70) }])).to.deep.equal(counts(150, 3, 7));
  });

  it("takes what a node counted before it was seen for nobody's, and one that fell back for begun anew", () => {
    const meter = openByteMeter();
    meter.look(0, [{ id: "a", counts: counts(9_000) }]);
    expect(meter.look(10_000, [{ id: "a", counts: counts(500) }, { id: "b", counts: counts(1e9) }])).to.deep.equal(counts(50));
  });

  it("counts later what a silent node moved, and forgets one that left", () => {
    const meter = openByteMeter();
    const [a, b] = [{ id: "a", counts: counts(0) }, { id: "b", counts: counts(0) }];
    meter.look(0, [a, b]);
    expect(meter.look(10_000, [a, { id: "b", counts: undefined }])).to.deep.equal(counts(0));
    expect(meter.look(20_000, [a, { id: "b", counts: counts(700) }])).to.deep.equal(counts(70));
    meter.look(30_000, [a]);
    expect(meter.look(40_000, [a, { id: "b", counts: counts(9_999) }])).to.deep.equal(counts(0));
  });

  it("knows nothing where nobody counts, and when the clock was put back", () => {
    const meter = openByteMeter();
    const silent = [{ id: "a", counts: undefined }];
    meter.look(0, silent);
    expect(meter.look(10_000, silent)).to.equal(undefined);
    meter.look(20_000, [{ id: "a", counts: counts(1) }]);
    expect(meter.look(15_000, [{ id: "a", counts: counts(9) }])).to.equal(undefined);
    expect(meter.look(25_000, [{ id: "a", counts: counts(29) }])).to.deep.equal(counts(2));
  });
});
