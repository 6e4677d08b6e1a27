import { expect } from "chai";
import * as fc from "fast-check";
import { countOn, isCountDue } from "../../../../services/capacity/stored/count-store.ts";
import { formatCounts, KEPT_COUNTS, mergeCounts, netGrowthADay, parseCounts, parseCountsObject, parseRunning, type RunningCount } from "../../../../services/capacity/stored/stored-counts.ts";
import type { ListResult } from "../../../../services/storage/storage.contract.ts";
import { DAY_MS, MONDAY } from "./made-weeks.ts";

const count = (day: number, bytes: number) => ({ at: MONDAY + day * DAY_MS, bytes, objects: 1 });

/** So many pages of two objects. */
function listing(pages: number): { list(prefix: string, after: string | undefined): Promise<ListResult>; asked: (string | undefined)[] } {
  const asked: (string | undefined)[] = [];
  return {
    asked,
    async list(_prefix, after) {
      asked.push(after);
      const n = after === undefined ? 0 : Number(after);
      return { objects: [{ key: `${n}a`, size: 10 }, { key: `${n}b`, size: 5 }], prefixes: [], ...(n + 1 < pages ? { next: String(n + 1) } : {}) };
    },
  };
}

describe("what a store holds", () => {
  it("is counted a few pages at a time, each once, and goes on where it was", async () => {
    const store = listing(12);
    let running: RunningCount | undefined;
    for (let n = 0; n < 2; n++) {
      const step = await countOn(store, running, () => MONDAY);
      running = "running" in step ? parseRunning(JSON.parse(JSON.stringify(step.running))) : undefined;
    }
    expect(running).to.deep.equal({ after: "10", bytes: 150, objects: 20 });
    expect(await countOn(store, running, () => MONDAY)).to.deep.equal({ done: { at: MONDAY, bytes: 180, objects: 24 } });
    expect(store.asked).to.deep.equal([undefined, ...Array.from({ length: 11 }, (_, n) => String(n + 1))]);
  });

  it("is counted again after a day, or when the clock was put back", () => {
    expect([isCountDue(undefined, MONDAY), isCountDue(MONDAY, MONDAY + DAY_MS), isCountDue(MONDAY, MONDAY + DAY_MS / 2), isCountDue(MONDAY, MONDAY - 1)]).to.deep.equal([true, true, false, true]);
  });

  it("grows by what lies between counts, once they span a week; it may become less", () => {
    expect(netGrowthADay([])).to.equal(undefined);
    expect(netGrowthADay([count(0, 100), count(6, 900)])).to.equal(undefined);
    expect(netGrowthADay([count(0, 100), count(3, 7), count(8, 900)])).to.equal(100);
    expect(netGrowthADay([count(0, 900), count(8, 100)])).to.equal(-100);
  });

  it("comes back from how it is kept, the last counts of it, in whatever order they are merged", () => {
    const counts = fc.array(fc.record({ at: fc.nat(), bytes: fc.nat(), objects: fc.nat() }), { maxLength: 90 }).map((list) => [...new Map(list.map((one) => [one.at, one])).values()]);
    fc.assert(fc.property(counts, (list) => {
      const merged = mergeCounts(list);
      expect(merged.length).to.be.at.most(KEPT_COUNTS);
      expect(mergeCounts(list.toReversed(), merged)).to.deep.equal(merged);
      expect(parseCountsObject(formatCounts(merged))).to.deep.equal(merged);
    }));
  });

  it("is not taken from what is none", () => {
    for (const text of ["", "null", "7", "{", '{"counts":7}', '{"counts":[null,7,{"at":-1,"bytes":1,"objects":1},{"at":1,"bytes":"1","objects":1},{"at":1,"bytes":1e99,"objects":1}]}', `"${"x".repeat(200_000)}"`]) expect(parseCountsObject(Buffer.from(text)), text.slice(0, 40)).to.deep.equal([]);
    expect(parseCountsObject(null)).to.deep.equal([]);
    expect(parseCounts({})).to.deep.equal([]);
    for (const value of [undefined, null, 7, {}, { after: "", bytes: 1, objects: 1 }, { after: "a".repeat(2_000), bytes: 1, objects: 1 }, { after: "a", bytes: -1, objects: 1 }]) expect(parseRunning(value)).to.equal(undefined);
  });
});
