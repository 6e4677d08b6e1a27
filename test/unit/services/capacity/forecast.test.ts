import { expect } from "chai";
import * as fc from "fast-check";
import { openForecast, type Forecast } from "../../../../services/capacity/forecast/forecast.ts";
import { openLocalTime } from "../../../../services/capacity/forecast/local-time.ts";
import { SLOT_MS } from "../../../../services/capacity/load/load-slot.ts";
import { seededRandom } from "../../../support/simulation/random.ts";
import { DAY_MS, HOUR_MS, makeSlots, MONDAY, schoolLoad, slotAt } from "./made-weeks.ts";

const WEEK_MS = 7 * DAY_MS;
const utc = openLocalTime("UTC");
const tuesday = (week: number, hour: number): number => MONDAY + week * WEEK_MS + DAY_MS + hour * HOUR_MS;
const p50 = (forecast: Forecast, at: number): number => forecast.play(at).p50;

describe("the forecast of a region's load", () => {
  const usual = makeSlots(MONDAY, tuesday(4, 8));

  it("knows the hour of a weekly lecture, and that there is none on another day", () => {
    const forecast = openForecast(usual, tuesday(4, 8), utc);
    expect(forecast.basis).to.equal("weeks");
    expect(p50(forecast, tuesday(4, 10.25))).to.be.closeTo(12, 0.5);
    expect(p50(forecast, tuesday(4, 34.25)), "Wednesday").to.be.closeTo(1, 0.2);
    expect(p50(forecast, tuesday(4, 20))).to.be.closeTo(4, 0.5);
    expect(p50(forecast, tuesday(5, 3))).to.equal(0);
  });

  it("has a band that is above the middle, and as wide as the load has varied", () => {
    const noisy = makeSlots(MONDAY, tuesday(4, 8), (at) => schoolLoad(at) * ((Math.floor(at / SLOT_MS) * 7) % 11) / 5); // each week otherwise
    const [calm, wild] = [openForecast(usual, tuesday(4, 8), utc), openForecast(noisy, tuesday(4, 8), utc)];
    for (const hour of [9, 10.25, 20]) for (const one of [calm, wild]) expect(one.play(tuesday(4, hour)).p90).to.be.greaterThan(p50(one, tuesday(4, hour)));
    const width = (one: Forecast): number => one.play(tuesday(4, 20)).p90 - p50(one, tuesday(4, 20));
    expect(width(wild)).to.be.greaterThan(1.5 * width(calm));
  });

  for (const [what, days] of [["weeks", 42], ["days", 4]] as const) {
    it(`has a band that nine of ten do not exceed, in quiet hours and in busy ones, when it has ${what} to go by`, () => {
      const random = seededRandom(7);
      const varied = (at: number): number => { // by as much of the load as there is: more than the root of it
        const load = schoolLoad(at) === 4 ? 36 : Math.min(1, schoolLoad(at));
        return load * (1 + (load > 1 ? 1 : 1.4) * (random.next() - 0.5));
      };
      const until = MONDAY + days * DAY_MS;
      const forecasts = Array.from({ length: 8 }, () => openForecast(makeSlots(MONDAY, until, varied), until, utc));
      expect(forecasts[0]?.basis).to.equal(what);
      for (const [name, hours] of [["quiet", [12, 16]], ["busy", [18.25, 21.75]]] as const) {
        let [covered, all] = [0, 0];
        for (const forecast of forecasts) {
          for (let at = until + hours[0] * HOUR_MS; at < until + hours[1] * HOUR_MS; at += SLOT_MS) {
            all++;
            if (varied(at - MONDAY) <= forecast.play(at).p90) covered++;
          }
        }
        expect(covered / all, name).to.be.within(0.86, 0.96);
      }
    });
  }

  it("is not led astray by a week off: the week after it is a usual one", () => {
    for (const off of [[3], [2, 3], [0, 1, 2]]) {
      const slots = makeSlots(MONDAY, tuesday(4, 8), (at) => (off.includes(Math.floor(at / WEEK_MS)) ? 0 : schoolLoad(at)));
      expect(openForecast(slots, tuesday(4, 8), utc).play(tuesday(4, 10.25)).p90, `off: ${off}`).to.be.within(11, 20);
    }
  });

  it("expects less on a day off, as soon as the day shows it, and keeps some of the usual at the upper end, for it may be over", () => {
    const slots = makeSlots(MONDAY, tuesday(4, 9), (at) => (at >= 4 * WEEK_MS ? 0 : schoolLoad(at)));
    const forecast = openForecast(slots, tuesday(4, 9), utc);
    expect(p50(forecast, tuesday(4, 10.25))).to.be.lessThan(4);
    expect(forecast.play(tuesday(4, 10.25)).p90).to.be.within(3, 9);
  });

  it("follows a level that has changed, for now and for later", () => {
    const slots = makeSlots(MONDAY, tuesday(4, 8), (at) => schoolLoad(at) * (at >= 3.5 * WEEK_MS ? 2 : 1));
    expect(p50(openForecast(slots, tuesday(4, 8), utc), tuesday(4, 10.25))).to.be.within(18, 26);
  });

  it("says so when it has only days, an hour or nothing to go by", () => {
    const days = openForecast(makeSlots(MONDAY, MONDAY + 2.4 * DAY_MS), MONDAY + 2.4 * DAY_MS, utc);
    expect(days.basis).to.equal("days");
    expect(p50(days, MONDAY + 2.8 * DAY_MS), "an evening like those before").to.be.closeTo(4, 1);
    const hour = openForecast(makeSlots(MONDAY + 9 * HOUR_MS, MONDAY + 10 * HOUR_MS), MONDAY + 10 * HOUR_MS, utc);
    expect([hour.basis, p50(hour, MONDAY + 11 * HOUR_MS)]).to.deep.equal(["recent", 1]);
    const nothing = openForecast([], MONDAY, utc);
    expect([nothing.basis, nothing.play(MONDAY), nothing.background(MONDAY)]).to.deep.equal(["none", { p50: 0, p90: 0 }, 0]);
  });

  it("bridges gaps: what was not measured is not taken for quiet", () => {
    const slots = usual.filter(({ at }) => at < tuesday(3, 0) || at > tuesday(3, 24)).filter((_, n) => n % 4 !== 1);
    expect(p50(openForecast(slots, tuesday(4, 8), utc), tuesday(4, 10.25))).to.be.closeTo(12, 1);
  });

  it("goes by the clock of the place when that is put back", () => {
    const zurich = openLocalTime("Europe/Zurich"); // from 25 October 2026 on an hour less ahead of UTC
    const local = (at: number): number => at + (MONDAY + at < Date.parse("2026-10-25T01:00:00Z") ? 2 : 1) * HOUR_MS;
    const now = Date.parse("2026-10-27T07:00:00Z");
    const forecast = openForecast(makeSlots(MONDAY, now, (at) => schoolLoad(local(at))), now, zurich);
    expect(zurich.clock(now)).to.equal("08:00");
    expect(p50(forecast, Date.parse("2026-10-27T09:15:00Z")), "10:15 there").to.be.closeTo(12, 1);
    expect(p50(forecast, Date.parse("2026-10-27T08:15:00Z")), "09:15 there").to.be.closeTo(1, 0.3);
  });

  it("adds a lecture that the timetable has and the weeks before have not, and none twice", () => {
    const lecture = (at: number) => [{ at, viewers: 500 }];
    const at = tuesday(4, 14);
    const forecast = openForecast(usual, tuesday(4, 8), utc, lecture(at));
    expect(p50(forecast, at + 5 * 60_000)).to.be.closeTo(1 + 500 * forecast.perViewer, 0.3);
    expect(p50(forecast, at - HOUR_MS)).to.be.closeTo(1, 0.2);
    expect(p50(forecast, at + 3 * HOUR_MS)).to.be.closeTo(1, 0.2);
    const weekly = openForecast(usual, tuesday(4, 8), utc, lecture(tuesday(4, 10)));
    expect(p50(weekly, tuesday(4, 10.1))).to.be.closeTo(12, 0.5);
  });

  it("believes of a timetable ten times what there ever was, and no more", () => {
    const at = tuesday(4, 14);
    const most = (viewers: number): number => openForecast(usual, tuesday(4, 8), utc, [{ at, viewers }]).lectures(at + 5 * 60_000);
    expect(most(5_000)).to.be.closeTo(5_000 * 0.015, 1); // far more than ever, and possible
    expect(most(1_000_000)).to.equal(120);
    expect(openForecast([], MONDAY, utc, [{ at: MONDAY, viewers: 1_000_000 }]).lectures(MONDAY)).to.equal(50);
  });

  it("adds of a weekly lecture what more are expected at than in the weeks before", () => {
    const lectures = (viewers: number) => [0, 1, 2, 3].map((week) => ({ at: tuesday(week, 10), viewers: 1_000 })).concat({ at: tuesday(4, 10), viewers });
    const expected = (viewers: number): number => p50(openForecast(usual, tuesday(4, 8), utc, lectures(viewers)), tuesday(4, 10.1));
    expect([expected(1_000), expected(500)].map(Math.round)).to.deep.equal([12, 12]);
    expect(expected(3_000)).to.be.above(25);
  });

  it("learns what a viewer of a lecture takes", () => {
    const lectures = [0, 1, 2, 3].map((week) => ({ at: tuesday(week, 10), viewers: 2_200 }));
    const { perViewer } = openForecast(usual, tuesday(4, 8), utc, lectures);
    expect(perViewer).to.be.closeTo(11 / 2_200, 0.001); // and not the first guess of 0.015
  });

  it("learns nothing of lectures that never were, for however many somebody expected in vain", () => {
    const held = [0, 1, 2, 3].map((week) => ({ at: tuesday(week, 10), viewers: 2_200 }));
    const vain = [0, 1, 2].map((week) => ({ at: tuesday(week, 14), viewers: 1_000_000 }));
    const { perViewer } = openForecast(usual, tuesday(4, 8), utc, [...held, ...vain]);
    expect(perViewer).to.be.above(0.75 * (11 / 2_200));
  });

  it("expects of the background what came, also where the queue had to keep it", () => {
    const load = (at: number): ReturnType<typeof slotAt> => slotAt(MONDAY + at, 0, { background: 2, queuedNormal: 300 * (at / SLOT_MS) });
    const slots = Array.from({ length: 24 }, (_, n) => load(n * SLOT_MS));
    expect(openForecast(slots, MONDAY + 2 * HOUR_MS, utc).background(MONDAY + 3 * HOUR_MS)).to.be.closeTo(3, 0.1);
  });

  it("stays finite and not negative, whatever was measured and whatever the timetable says", () => {
    const hostile = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constantFrom(0, 1e9, 1e-9));
    const lectures = fc.array(fc.record({ at: fc.integer({ min: MONDAY - WEEK_MS, max: MONDAY + 3 * WEEK_MS }), viewers: fc.double() }), { maxLength: 5 });
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), hostile), { maxLength: 50 }), lectures, fc.integer({ min: 0, max: 3 * WEEK_MS }), (values, known, ahead) => {
      const slots = values.map(([n, value]) => slotAt(MONDAY + n * SLOT_MS, value)).toSorted((a, b) => a.at - b.at);
      const forecast = openForecast(slots, MONDAY + 4_000 * SLOT_MS, utc, known);
      const { p50: middle, p90 } = forecast.play(MONDAY + 4_000 * SLOT_MS + ahead);
      for (const value of [middle, p90, forecast.background(MONDAY + ahead), forecast.perViewer]) expect(Number.isFinite(value) && value >= 0, `${value}`).to.equal(true);
      expect(p90).to.be.at.least(middle);
    }));
  });
});
