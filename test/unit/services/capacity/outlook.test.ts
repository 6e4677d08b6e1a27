import { expect } from "chai";
import { openLocalTime } from "../../../../services/capacity/forecast/local-time.ts";
import { makeOutlook, type OutlookInput } from "../../../../services/capacity/desired/outlook.ts";
import { planRegion } from "../../../../services/capacity/desired/plan-region.ts";
import { holdSteady, mergeWishes, parseWishes } from "../../../../services/capacity/desired/steady.ts";
import { slotsFor, transcodersFor } from "../../../../services/capacity/desired/transcoders-for.ts";
import { DAY_MS, HOUR_MS, makeSlots, MONDAY } from "./made-weeks.ts";

const TUESDAY = MONDAY + 29 * DAY_MS;
const at = (hour: number): number => TUESDAY + hour * HOUR_MS;
const IDLE = { play: 0, background: 0, cpu: 0, slots: 8, transcoders: 2, queued: { play: 0, normal: 0, bulk: 0 } };

function look(now: number, changes: Partial<OutlookInput> = {}): ReturnType<typeof makeOutlook> {
  return makeOutlook({
    region: "eu", now, local: openLocalTime("UTC"), slots: makeSlots(MONDAY, now), look: IDLE, lectures: [],
    sizing: { targetUse: 0.6, min: 1, max: 50 }, slotsEach: 4, leadMs: 5 * 60_000, wishes: [], ...changes,
  });
}

describe("the outlook of a region", () => {
  it("asks for transcoders before the lecture begins, by the time that they need to start, and no sooner", () => {
    expect(look(at(9.5)).outlook).to.include({ desired: 1, basis: "weeks" });
    const { outlook } = look(at(9.9));
    expect(outlook.desired).to.be.within(5, 7); // 12 slots at 60 %, four each
    expect(outlook.why).to.match(/^1[2-6] slots of viewers' encodes are expected in eu about (09:5|10:0)\d \(nine times of ten it is less\), by the weeks before, at 60 % use\./);
    expect(look(at(9.5), { leadMs: 40 * 60_000 }).outlook.desired).to.be.within(5, 7);
  });

  it("names the lecture of a timetable that the weeks before have not", () => {
    const { outlook } = look(at(14.9), { lectures: [{ at: at(15), viewers: 300, title: "Optics\u0007" }] });
    expect(outlook.why).to.match(/^A lecture for 300 at 15:00 in eu \(Optics \)\./);
    expect(outlook.desired).to.be.greaterThan(look(at(14.9)).outlook.desired);
  });

  it("follows what is there when that is more than was expected, and what waits in the queue", () => {
    const { outlook } = look(at(9), { look: { ...IDLE, play: 12 } });
    expect([outlook.desired, outlook.why]).to.deep.equal([5, "Viewers' encodes use 12 slots in eu now. The most of the next day is 6, about 10:00."]);
    const queued = { play: 0, normal: 36_000, bulk: 0 };
    expect(look(at(9), { look: { ...IDLE, queued } }).outlook).to.include({ desired: 6, why: "Viewers' encodes use 0.0 slots in eu now, and 36000 slot-seconds of work wait." });
    expect(look(at(9), { look: { ...IDLE, queued: { ...queued, normal: 0, bulk: 36_000 } } }).outlook.desired, "bulk has time").to.equal(1);
  });

  it("keeps to its bounds, and says so", () => {
    const few = look(at(9.95), { sizing: { targetUse: 0.6, min: 1, max: 3 } }).outlook;
    expect(few.desired).to.equal(3);
    expect(few.why).to.include("; 3 are the most that it may have.");
    expect(look(at(3), { sizing: { targetUse: 0.6, min: 2, max: 3 } }).outlook).to.include({ desired: 2, why: "2 transcoders are the fewest that eu may have, and enough for what is there and expected. The most of the next day is 3, about 10:00." });
  });

  it("answers before anything was measured, and where there is no transcoder", () => {
    const { outlook } = look(at(9), { slots: [], look: { ...IDLE, slots: 0, transcoders: 0, queued: undefined } });
    expect(outlook).to.include({ desired: 1, basis: "none", historyHours: 0 });
    expect(outlook.forecast).to.have.length(96);
  });

  it("has a day of the past and a day ahead, by quarters of an hour", () => {
    const { outlook } = look(at(9));
    expect(outlook.forecast.map((point) => point.at)).to.deep.equal(Array.from({ length: 96 }, (_, n) => at(9) + n * 15 * 60_000));
    expect(outlook.past).to.have.length(96);
    expect(Math.max(...outlook.forecast.map(({ transcoders }) => transcoders))).to.equal(6);
  });
});

describe("holding still", () => {
  it("goes up at once, and down when nothing higher was asked for in a quarter of an hour", () => {
    let wishes: ReturnType<typeof holdSteady>["wishes"] = [];
    const said = [3, 7, 2, 2, 2, 2].map((transcoders, n) => {
      const held = holdSteady(wishes, { at: n * 5 * 60_000, transcoders });
      wishes = held.wishes;
      return held.desired;
    });
    expect(said).to.deep.equal([3, 7, 7, 7, 2, 2]);
  });

  it("holds what either of two asked for, and keeps only what can still count", () => {
    const [one, other] = [[{ at: 1, transcoders: 9 }, { at: 3, transcoders: 4 }], [{ at: 1, transcoders: 9 }, { at: 2, transcoders: 5 }, { at: 4, transcoders: 5 }]];
    expect(mergeWishes(one, other)).to.deep.equal([{ at: 1, transcoders: 9 }, { at: 4, transcoders: 5 }]);
    let wishes = mergeWishes(one, other);
    for (let at = 5; at < 500; at++) ({ wishes } = holdSteady(wishes, { at, transcoders: 1 })); // somebody looks at a page each moment
    expect(wishes).to.deep.equal([{ at: 1, transcoders: 9 }, { at: 4, transcoders: 5 }, { at: 499, transcoders: 1 }]);
  });

  it("takes nothing from Redis that is no wish, and none of the future", () => {
    expect(parseWishes([null, 7, {}, { at: "x", transcoders: 1 }, { at: 1, transcoders: -1 }, { at: 1, transcoders: 1e9 }, { at: 1, transcoders: 2 }])).to.deep.equal([{ at: 1, transcoders: 2 }]);
    expect(parseWishes("[]")).to.deep.equal([]);
    expect(holdSteady([{ at: 999, transcoders: 9 }], { at: 10, transcoders: 1 }).desired).to.equal(1);
  });
});

describe("the size of a region", () => {
  it("leaves room beside viewers' encodes, and does the work that comes", () => {
    expect(slotsFor({ p50: 2, p90: 6, background: 0 }, 0.6)).to.equal(10);
    expect(slotsFor({ p50: 2, p90: 3, background: 7 }, 0.6)).to.equal(10);
    expect(transcodersFor(10, { min: 1, max: 50, slotsEach: 4 })).to.equal(3);
    expect([0, 8, 1e6, Number.NaN].map((slots) => transcodersFor(slots, { min: 1, max: 50, slotsEach: 4 }))).to.deep.equal([1, 2, 50, 1]);
  });

  it("grows with its users by less where they watch the same videos", () => {
    const { outlook } = look(at(9));
    const plan = planRegion(outlook, makeSlots(MONDAY, at(9)), 10, { targetUse: 0.6, slotsEach: 4 });
    expect(plan.grown.slots).to.be.closeTo(10 * plan.busiest.slots, 0.01);
    expect(plan.sameVideos.slots).to.be.within(2 * plan.busiest.slots, 6 * plan.busiest.slots);
    expect(planRegion(outlook, [], 1, { targetUse: 0.6, slotsEach: 4 }).sameVideos).to.deep.equal(planRegion(outlook, [], 1, { targetUse: 0.6, slotsEach: 4 }).busiest);
  });
});
