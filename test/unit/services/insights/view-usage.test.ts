import { expect } from "chai";
import { findErrorCode } from "../../../../config/errors.ts";
import { monthsOf } from "../../../../services/insights/tenant-usage.ts";
import { viewUsage } from "../../../../services/insights/view-usage.ts";
import { parseDays } from "../../../../services/gateway/usage-routes.ts";

const ABOUT = { id: "01arz3ndektsv4rrffq69g5faw", title: "Lenses", course: "optics", from: "2026-11-01", to: "2026-11-30" };
const day = (name: string, viewers: number, counts: Record<string, number>) => ({ day: name, durationMs: 4_500, viewers, different: viewers, tally: new Map(Object.entries(counts)) });
const DAYS = [
  day("2026-11-02", 2, { views: 2, sessions: 3, watchMs: 9_000, completions: 1, pauses: 1, "heat.0": 3_000, "heat.1": 2_000, "heat.2": 2_000, "heat.3": 1_000, "heat.4": 1_000, "reach.0": 3, "reach.1": 2, "reach.2": 2, "reach.3": 1, "reach.4": 1, startups: 2, startupMs: 1_000, "startup.0": 1, "startup.2": 1 }),
  day("2026-11-09", 1, { views: 1, watchMs: 3_000, "heat.1": 3_000, "reach.1": 1, "seek.0.5": 4, "seek.10.0": 9, stalls: 1, stallMs: 1_500, switchesUp: 2 }),
];

describe("how a video was watched, for people", () => {
  it("is sums, days, how often each part was played and by which share, and where people went", () => {
    expect(viewUsage(ABOUT, 4_500, DAYS, 2)).to.deep.equal({
      ...ABOUT, durationSec: 4.5, bucketSec: 1,
      totals: { views: 3, viewers: 3, watchSec: 12, completions: 1 },
      days: [{ day: "2026-11-02", views: 2, viewers: 2, watchSec: 9, completions: 1 }, { day: "2026-11-09", views: 1, viewers: 1, watchSec: 3, completions: 0 }],
      pauses: 1, heat: [3, 5, 2, 1, 2], retention: [1, 1, 0.667, 0.333, 0.333],
      seeks: [{ fromSec: 2.25, toSec: 0, count: 9 }, { fromSec: 0, toSec: 1.125, count: 4 }],
      quality: {
        startups: 2, startupMs: 500, startupWithin: [1, 1, 2, 2, 2, 2, 2].map((within, n) => ({ ms: [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000][n], count: within })),
        stalls: 1, stallSec: 1.5, stallsPerHour: 300, switchesUp: 2, switchesDown: 0,
      },
    });
  });

  it("has sums alone where few watched, and is of nobody where nobody did", () => {
    const few = viewUsage(ABOUT, 4_500, DAYS, 3);
    expect([few.heat, few.retention, few.seeks, few.tooFew, few.totals.views]).to.deep.equal([undefined, undefined, undefined, true, 3]);
    const none = viewUsage(ABOUT, 0, [], 1);
    expect([none.totals, none.days, none.tooFew, none.quality.startupMs]).to.deep.equal([{ views: 0, viewers: 0, watchSec: 0, completions: 0 }, [], true, undefined]);
    expect(JSON.stringify(viewUsage(ABOUT, 0, DAYS, 1))).to.not.include("null");
  });

  it("has sums alone where one person came on many days, or in many regions", () => {
    const alone = ["2026-11-02", "2026-11-03", "2026-11-04"].map((name) => ({ ...day(name, 1, { views: 1, "heat.0": 1_000, "reach.0": 1, "seek.0.5": 1 }), viewers: 3, different: 1 }));
    const usage = viewUsage(ABOUT, 4_500, alone, 3);
    expect([usage.totals.viewers, usage.tooFew, usage.heat, usage.retention, usage.seeks]).to.deep.equal([9, true, undefined, undefined, undefined]);
    expect(viewUsage(ABOUT, 4_500, [...alone, day("2026-11-05", 3, { views: 3 })], 3).tooFew).to.equal(undefined);
  });
});

describe("days that are asked for", () => {
  const NOW = Date.parse("2026-11-26T23:59:59.999Z");
  const codeOf = (query: { from?: string; to?: string }): string | undefined => {
    try {
      parseDays(query, NOW);
      return undefined;
    } catch (error) {
      return findErrorCode(error);
    }
  };

  it("are the last thirty where nothing is said, and 400 at most", () => {
    expect(parseDays({}, NOW)).to.deep.equal({ from: "2026-10-28", to: "2026-11-26" });
    expect(parseDays({ from: "2026-11-01" }, NOW)).to.deep.equal({ from: "2026-11-01", to: "2026-11-26" });
    expect(parseDays({ to: "2026-03-01" }, NOW)).to.deep.equal({ from: "2026-01-31", to: "2026-03-01" });
    for (const query of [{ from: "2026-11-27" }, { from: "2025-01-01" }, { from: "2026-02-30" }, { to: "yesterday" }, { to: "2026-1-1" }, { from: "9999-01-01", to: "9999-01-02" }]) expect(codeOf(query), JSON.stringify(query)).to.equal("bad_request");
  });

  it("are in these months", () => {
    expect(monthsOf({ from: "2026-11-30", to: "2027-02-01" })).to.deep.equal(["2026-11", "2026-12", "2027-01", "2027-02"]);
    expect(monthsOf({ from: "2026-11-01", to: "2026-11-01" })).to.deep.equal(["2026-11"]);
  });
});
