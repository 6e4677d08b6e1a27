import { expect } from "chai";
import * as fc from "fast-check";
import { replayWindow } from "../../../config/replay-window.ts";

const WINDOW = 4_096;

describe("a replay window", () => {
  it("takes each number once, in whatever order, and none that is too far behind", () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: -3, max: 6 }), fc.integer({ min: -5_000, max: 5_000 })), { minLength: 1, maxLength: 300 });
    fc.assert(fc.property(steps, (all) => {
      const isNew = replayWindow();
      const seen = new Set<number>();
      let [highest, last] = [0, 1];
      for (const step of all) {
        last = Math.max(1, last + step);
        const expected = last > highest - WINDOW && !seen.has(last);
        expect(isNew(last), `${last} after ${highest}`).to.equal(expected);
        seen.add(last);
        highest = Math.max(highest, last);
      }
    }));
  });

  it("starts at 1", () => {
    const isNew = replayWindow();
    expect([isNew(0), isNew(-1), isNew(1), isNew(1)]).to.deep.equal([false, false, true, false]);
  });
});
