import { expect } from "chai";
import * as fc from "fast-check";
import { findErrorCode } from "../../../../config/errors.ts";
import { parseUsageReport, withinDuration, type UsageReport } from "../../../../services/insights/usage-report.ts";

const SESSION = "abcdefghij-KLMNOP_1234";
const OTHER = "01arz3ndektsv4rrffq69g5faw";
const codeOf = (given: object): string | undefined => {
  try {
    parseUsageReport(given as Record<string, unknown>);
    return undefined;
  } catch (error) {
    return findErrorCode(error) ?? String(error);
  }
};

describe("a usage report", () => {
  it("says what was watched in media seconds, and is kept in ms", () => {
    expect(parseUsageReport({ session: SESSION, seq: 3, ranges: [[0, 12.3456, 1.5], [40, 41]], seeks: [[12.3, 40]], pauses: 1, startupMs: 312.6, stallsMs: [900], switchesUp: 2, ended: true, previous: OTHER })).to.deep.equal({
      session: SESSION, seq: 3, ranges: [{ fromMs: 0, toMs: 12_346, rate: 1.5 }, { fromMs: 40_000, toMs: 41_000, rate: 1 }], seeks: [{ fromMs: 12_300, toMs: 40_000 }],
      pauses: 1, startupMs: 313, stallsMs: [900], switchesUp: 2, switchesDown: 0, ended: true, previous: OTHER,
    } satisfies UsageReport);
    expect(parseUsageReport({ session: SESSION, seq: 0 })).to.include({ pauses: 0, ended: false });
  });

  it("is refused whole when anything of it is not of this form", () => {
    const wrong: object[] = [
      {}, { session: "short", seq: 0 }, { session: SESSION }, { session: SESSION, seq: -1 }, { session: SESSION, seq: 1.5 }, { session: SESSION, seq: 4_320 }, { session: SESSION, seq: "0" },
      { ranges: [[5, 4, 1]] }, { ranges: [[0, 1, 17]] }, { ranges: [[0, 1, 0]] }, { ranges: [[0, 1, 1, 1]] }, { ranges: [[-1, 1]] }, { ranges: [[0, 1e9]] }, { ranges: [[0, null]] }, { ranges: "all" }, { ranges: Array.from({ length: 65 }, () => [0, 1, 1]) },
      { seeks: [[1]] }, { seeks: [[0, 1, 2]] }, { seeks: Array.from({ length: 65 }, () => [0, 1]) }, { stallsMs: [1e9] }, { stallsMs: Array.from({ length: 33 }, () => 1) }, { pauses: 1_001 }, { startupMs: -1 }, { startupMs: "fast" },
      { ended: 1 }, { previous: "../../x" }, { previous: null }, { person: "anna" },
    ].map((part, at) => (at < 7 ? part : { session: SESSION, seq: 0, ...part }));
    expect(wrong.filter((given) => codeOf(given) !== "bad_request")).to.deep.equal([]);
  });

  it("is one or is refused, whatever comes", () => {
    fc.assert(fc.property(fc.dictionary(fc.constantFrom("session", "seq", "ranges", "seeks", "pauses", "startupMs", "stallsMs", "ended", "previous"), fc.jsonValue()), (given) => {
      expect(codeOf({ session: SESSION, seq: 0, ...given })).to.be.oneOf([undefined, "bad_request"]);
    }));
  });

  it("counts for nothing of beyond the video's end", () => {
    const { ranges, seeks } = withinDuration(parseUsageReport({ session: SESSION, seq: 0, ranges: [[0, 5], [58, 90], [61, 62]], seeks: [[10, 100]] }), 60_000);
    expect([ranges.map(({ fromMs, toMs }) => [fromMs, toMs]), seeks]).to.deep.equal([[[0, 5_000], [58_000, 60_000]], [{ fromMs: 10_000, toMs: 60_000 }]]);
  });
});
