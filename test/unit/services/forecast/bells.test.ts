import { expect } from "chai";
import { bellsBetween } from "../../../../services/forecast/bells.ts";
import type { TimetableEntry } from "../../../../services/forecast/forecast.contract.ts";

const utc = (text: string): number => Date.parse(`${text}:00Z`);
const WEEKLY: TimetableEntry = { course: "PHY", weekly: { day: "mon", time: "09:15" }, timeZone: "Europe/Berlin", expectedViewers: 300 };

describe("the bells of timetables", () => {
  it("ring at each hour of the span, by the clocks of their zone", () => {
    const bells = bellsBetween([[WEEKLY, { course: "ART", at: "2026-10-20T12:00", timeZone: "UTC", expectedViewers: 5 }]], utc("2026-10-19T00:00"), utc("2026-11-02T08:15"));
    expect(bells).to.deep.equal([
      { at: utc("2026-10-19T07:15"), viewers: 300, course: "PHY" }, // summer time ends on the 25th
      { at: utc("2026-10-26T08:15"), viewers: 300, course: "PHY" },
      { at: utc("2026-10-20T12:00"), viewers: 5, course: "ART" },
    ]);
  });

  it("ring from when on they were in a timetable", () => {
    const ats = bellsBetween([[{ ...WEEKLY, since: utc("2026-10-21T00:00") }]], utc("2026-10-01T00:00"), utc("2026-11-02T08:15")).map(({ at }) => at);
    expect(ats).to.deep.equal([utc("2026-10-26T08:15")]);
  });

  it("leave out what nobody is expected at, and of too many the smallest", () => {
    const many = Array.from({ length: 200 }, (_, n): TimetableEntry => ({ ...WEEKLY, expectedViewers: n + 1 }));
    const bells = bellsBetween([many, [{ ...WEEKLY, expectedViewers: 0 }, { course: "x", at: "2026-10-20T12:00", timeZone: "UTC" }]], utc("2026-01-01T00:00"), utc("2026-12-31T00:00"));
    expect(bells).to.have.length(4_000);
    expect(Math.min(...bells.map(({ viewers }) => viewers))).to.be.greaterThan(100);
  });
});
