import { expect } from "chai";
import * as fc from "fast-check";
import { admittedOf, completeBucketsOf, countReport, viewMsOf, watchingOf, type Admission } from "../../../../services/insights/count-report.ts";
import { addAll, bucketMsOf, bucketsOf, parseTally, type Tally } from "../../../../services/insights/tally.ts";
import { parseUsageReport, withinDuration, type UsageReport } from "../../../../services/insights/usage-report.ts";

const MINUTE = 60_000;
const ADMITTED: Admission = { fits: true, begun: false, started: false, viewed: false, completed: false, mediaMs: 0, acted: true, opened: true, ended: true, fresh: [] };
const report = (more: object, durationMs = MINUTE): UsageReport => withinDuration(parseUsageReport({ session: "abcdefghij-KLMNOP_1234", seq: 0, ...more }), durationMs);
const count = (given: UsageReport, admission: Partial<Admission> = {}): object => Object.fromEntries(countReport(given, MINUTE, watchingOf(given, MINUTE), { ...ADMITTED, ...admission }));

describe("what a report counts for", () => {
  it("is media time, by parts of whole seconds, two hundred at most", () => {
    expect([1, 999, MINUTE, 200_000, 200_001, 3_600_000, 1_000 * 3_600_000].map((ms) => [bucketMsOf(ms), bucketsOf(ms)])).to.deep.equal([[1_000, 1], [1_000, 1], [1_000, 60], [1_000, 200], [2_000, 101], [18_000, 200], [18_000_000, 200]]);
    const { mediaMs, wallMs, heat } = watchingOf(report({ ranges: [[0.5, 2.25, 1], [1, 2, 2], [59.5, 70, 16]] }), MINUTE);
    expect([mediaMs, wallMs, [...heat]]).to.deep.equal([3_250, 1_750 + 500 + 125, [[0, 500], [1, 2_000], [2, 250], [59, 500]]]);
  });

  it("adds up, however it is cut into reports", () => {
    fc.assert(fc.property(fc.integer({ min: 1_000, max: 10_000_000 }), fc.array(fc.tuple(fc.nat(10_000_000), fc.nat(600_000)), { maxLength: 8 }), fc.nat(), (durationMs, spans, cut) => {
      const ranges = spans.map(([from, length]) => ({ fromMs: Math.min(from, durationMs), toMs: Math.min(from + length, durationMs), rate: 1 }));
      const whole = watchingOf({ ...report({}), ranges }, durationMs);
      const parts = ranges.flatMap(({ fromMs, toMs, rate }) => {
        const middle = fromMs + (toMs === fromMs ? 0 : cut % (toMs - fromMs));
        return [{ fromMs, toMs: middle, rate }, { fromMs: middle, toMs, rate }];
      }).map((range) => watchingOf({ ...report({}), ranges: [range] }, durationMs));
      expect(parts.reduce((sum, { mediaMs }) => sum + mediaMs, 0)).to.equal(whole.mediaMs);
      expect(Object.fromEntries(parts.reduce<Tally>((sum, { heat }) => addAll(sum, new Map([...heat].map(([bucket, ms]) => [String(bucket), ms]))), new Map()))).to.deep.equal(Object.fromEntries([...whole.heat].map(([bucket, ms]) => [String(bucket), ms])));
      expect([...whole.heat.keys()].every((bucket) => bucket < bucketsOf(durationMs)), "no part beyond the end").to.equal(true);
    }));
  });

  it("is a name and a number for each thing that happened", () => {
    const given = report({ ranges: [[0, 1.5, 1]], seeks: [[1.5, 30], [0, 60]], pauses: 2, startupMs: 700, stallsMs: [100, 250], switchesUp: 1, switchesDown: 2, ended: true });
    expect(count(given, { begun: true, viewed: true, fresh: [0, 1] })).to.deep.equal({
      sessions: 1, views: 1, ends: 1, startups: 1, watchMs: 1_500, pauses: 2, startupMs: 700, stalls: 2, stallMs: 350, switchesUp: 1, switchesDown: 2,
      "heat.0": 1_000, "heat.1": 500, "reach.0": 1, "reach.1": 1, "seek.0.10": 1, "seek.0.19": 1, "startup.2": 1,
    });
    expect([250, 251, 60_000].map((startupMs) => Object.keys(count(report({ startupMs }))).find((name) => name.startsWith("startup.")))).to.deep.equal(["startup.0", "startup.1", "startup.7"]);
  });

  it("takes time: its watching, its stalls, and half a second for each thing that somebody did", () => {
    const { wallMs, stallMs, actsMs } = watchingOf(report({ ranges: [[0, 3, 2]], seeks: [[0, 9]], pauses: 2, stallsMs: [100, 250], switchesUp: 3, switchesDown: 1 }), MINUTE);
    expect([wallMs, stallMs, actsMs]).to.deep.equal([1_500, 350, 9 * 500]);
  });

  it("is its watching alone where more was done than can have been, and the first picture and the end once a session", () => {
    const given = report({ ranges: [[0, 3]], seeks: [[0, 9]], pauses: 2, startupMs: 700, stallsMs: [100], switchesUp: 3, switchesDown: 1, ended: true, previous: "01arz3ndektsv4rrffq69g5faw" });
    expect(admittedOf(given, ADMITTED)).to.deep.equal(given);
    const { startupMs: _, ...rest } = given;
    expect(admittedOf(given, { ...ADMITTED, opened: false, ended: false })).to.deep.equal({ ...rest, ended: false });
    expect(admittedOf(given, { ...ADMITTED, acted: false, opened: false })).to.deep.equal({ ...rest, seeks: [], pauses: 0, stallsMs: [], switchesUp: 0, switchesDown: 0 });
  });

  it("is nothing when it is of more than its session may have watched", () => {
    expect(count(report({ ranges: [[0, 60]], pauses: 1, startupMs: 5 }), { fits: false, begun: true })).to.deep.equal({});
  });

  it("makes a view of five seconds, or of half a shorter video; and of nine tenths a whole one", () => {
    expect([1, 4_000, 9_999, MINUTE].map(viewMsOf)).to.deep.equal([1, 2_000, 5_000, 5_000]);
    expect([1_000, 10_000, 3_600_000].map(completeBucketsOf)).to.deep.equal([1, 9, 180]);
  });

  it("is read again as it was, and nothing else is read", () => {
    const tally = countReport(report({ ranges: [[0, 3]], seeks: [[0, 9]], startupMs: 3 }), MINUTE, watchingOf(report({ ranges: [[0, 3]] }), MINUTE), ADMITTED);
    expect([...parseTally(Object.fromEntries(tally))]).to.deep.equal([...tally]);
    expect([...parseTally({ views: "3", epoch: "9f", n: "4", durationMs: "5", "heat.x": 1, "heat.0": -1, "reach.1": "1.5", person: 7, "seek.1": 2 })]).to.deep.equal([["views", 3]]);
  });
});
