import { expect } from "chai";
import { openHistoryRing } from "../../../mixins/history-ring.ts";

describe("history ring", () => {
  const points = (...at: number[]): { at: number }[] => at.map((value) => ({ at: value }));

  it("keeps so many of the last, in order", () => {
    const ring = openHistoryRing<{ at: number }>(3);
    ring.push(...points(1, 2, 3, 4, 5));
    expect(ring.after()).to.deep.equal(points(3, 4, 5));
    expect(ring.last).to.deep.equal({ at: 5 });
  });

  it("leaves out what is told twice or late", () => {
    const ring = openHistoryRing<{ at: number }>(9);
    ring.push(...points(10, 20), ...points(20, 15, 30));
    expect(ring.after()).to.deep.equal(points(10, 20, 30));
  });

  it("gives what came after a moment", () => {
    const ring = openHistoryRing<{ at: number }>(9);
    expect([ring.last, ring.after(1)]).to.deep.equal([undefined, []]);
    ring.push(...points(10, 20, 30));
    expect([ring.after(10), ring.after(30), ring.after(9.5)]).to.deep.equal([points(20, 30), [], points(10, 20, 30)]);
  });
});
