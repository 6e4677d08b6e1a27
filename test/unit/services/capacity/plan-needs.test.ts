import { expect } from "chai";
import { parsePrices, type Prices } from "../../../../config/prices.ts";
import { makeOutlook } from "../../../../services/capacity/desired/outlook.ts";
import { openLocalTime } from "../../../../services/capacity/forecast/local-time.ts";
import type { LoadSlot } from "../../../../services/capacity/load/load-slot.ts";
import { planNeeds, type NeedsInput } from "../../../../services/capacity/plan/plan-needs.ts";
import { DAY_MS, makeSlots, MONDAY } from "./made-weeks.ts";

const NOW = MONDAY + 29 * DAY_MS;
const IDLE = { play: 0, background: 0, cpu: 0, slots: 8, transcoders: 2, queued: { play: 0, normal: 0, bulk: 0 } };
const MONTH_SEC = 730 * 3_600;
const PRICES: Prices = { currency: "EUR", of: { "transcoder-hour": 0.5, "gateway-hour": 0.1, "egress-gb": 0.05, "stored-gb-month": 0.02, "fetched-gb": 0.01 } };
/** 100 Mbit/s by day and night, of the work half for viewers. */
const SLOTS = makeSlots(MONDAY, NOW, () => 2).map((slot): LoadSlot => ({ ...slot, background: 2, bytes: { sent: 12_500_000, stored: 1_000, fetched: 500, gateways: 1 } }));
const COUNTED = [{ at: NOW - DAY_MS, bytes: 4e12, objects: 1_500_000 }];

function plan(users: number, videos: number, changes: Partial<NeedsInput> = {}) {
  const slots = changes.slots ?? SLOTS;
  const { outlook } = makeOutlook({ region: "eu", now: NOW, local: openLocalTime("UTC"), slots, look: IDLE, lectures: [], sizing: { targetUse: 0.5, min: 1, max: 50 }, slotsEach: 4, leadMs: 300_000, wishes: [] });
  return planNeeds({ outlook, slots, counts: COUNTED, times: { users, videos }, sizing: { targetUse: 0.5, min: 1, slotsEach: 4 }, gatewayMbps: 1_000, prices: PRICES, ...changes });
}

describe("what a region takes", () => {
  it("is today as it was measured, a month by its mean", () => {
    const { today, measuredHours, stored } = plan(1, 1);
    expect([measuredHours, stored]).to.deep.equal([672, COUNTED[0]]);
    expect(today).to.include({ gateways: 1, peakMbps: 100, egressBytes: 12_500_000 * MONTH_SEC, fetchedBytes: 500 * MONTH_SEC, storedGrowthBytes: 1_000 * MONTH_SEC, storedYearBytes: 4e12 + 12_000 * MONTH_SEC });
    expect(today.transcoderHours).to.equal(2 * 730); // two slots and two, four each, with room beside
  });

  it("grows with viewers only in what is sent, and in the encodes of what more of them watch", () => {
    const { today, planned } = plan(10, 1);
    expect(planned.egressBytes).to.equal(10 * (today.egressBytes ?? 0));
    expect([planned.peakMbps, planned.gateways]).to.deep.equal([1_000, 2]); // at half of a line each
    expect((planned.storedGrowthBytes ?? 0) / (today.storedGrowthBytes ?? 1)).to.be.closeTo((10 ** 0.6 + 1) / 2, 1e-6);
    expect(planned.fetchedBytes).to.be.closeTo((planned.storedGrowthBytes ?? 0) / 2, 1);
    expect(planned.transcoders).to.be.within(4, 6);
  });

  it("grows with videos in what is made, stored and fetched, and not in what is sent", () => {
    const { today, planned } = plan(1, 10);
    expect([planned.egressBytes, planned.gateways]).to.deep.equal([today.egressBytes, today.gateways]);
    expect((planned.storedGrowthBytes ?? 0) / (today.storedGrowthBytes ?? 1)).to.be.closeTo((10 ** 0.4 + 10) / 2, 1e-6);
    const both = plan(10, 10);
    expect(both.planned.storedGrowthBytes).to.equal(10 * (today.storedGrowthBytes ?? 0));
    expect(both.planned.egressBytes).to.equal(10 * (today.egressBytes ?? 0));
  });

  it("says so", () => {
    const said = plan(10, 1).assumptions;
    expect(said).to.include("Encodes, stored bytes and bytes fetched grow with videos, not with viewers: the first watch of a segment encodes it, those after it do not. With 10 × the viewers and 1 × the new videos: viewers' encodes × 3.98 (more viewers of a video watch more of its segments and renditions: to the power of 0.6), the background × 1, stored and fetched × 2.49.");
    expect(said).to.include("It grows by what was written: what is removed is not taken off until it was counted for a week.");
    expect(said.find((text) => text.startsWith("The store held 1,500,000 objects"))).to.include(new Date(NOW - DAY_MS).toISOString().slice(0, 10));
  });

  it("is less by what was removed, once the store was counted for a week", () => {
    const week = { at: NOW - 8 * DAY_MS, bytes: 4e12 - 7e9, objects: 1 };
    expect(plan(1, 1, { counts: [week, ...COUNTED] }).today.storedGrowthBytes).to.equal(Math.round((1e9 / 86_400) * MONTH_SEC));
    const { planned, assumptions } = plan(1, 10, { counts: [{ ...week, bytes: 5e12 }, ...COUNTED] });
    expect(planned.storedGrowthBytes, "a store that shrinks does not shrink the more").to.equal(0);
    expect(assumptions).to.include("It grows by what was found between counts: what is removed is taken off.");
  });

  it("costs what the prices say, and a part without one nothing that is shown", () => {
    const { today } = plan(1, 1);
    const gb = (bytes: number): number => bytes / 1e9;
    const parts = { transcoders: 0.5 * 1_460, gateways: 73, egress: 0.05 * gb(12_500_000 * MONTH_SEC), stored: 0.02 * (4_000 + gb(1_000 * MONTH_SEC)), fetched: 0.01 * gb(500 * MONTH_SEC) };
    for (const [name, cost] of Object.entries(parts)) expect(today.costs?.[name as keyof typeof parts], name).to.be.closeTo(cost, 0.01);
    expect(today.costs?.total).to.be.closeTo(Object.values(parts).reduce((a, b) => a + b), 0.05);
    const some = plan(1, 1, { prices: { of: { "egress-gb": 0.05 } } });
    expect([some.currency, some.today.costs]).to.deep.equal([null, { transcoders: null, gateways: null, egress: today.costs?.egress, stored: null, fetched: null, total: today.costs?.egress }]);
    expect(some.assumptions.at(-1)).to.include("No price is set for transcoder-hour, gateway-hour, stored-gb-month, fetched-gb");
    const none = plan(1, 1, { prices: { of: {} } });
    expect([none.today.costs, none.assumptions.at(-1)]).to.deep.equal([null, "No prices are set (LECTERN_PRICES), so no money is shown."]);
  });

  it("is not known where nobody measured it, rather than nothing", () => {
    const older = plan(10, 1, { slots: makeSlots(MONDAY, NOW), counts: [] });
    expect(older.today).to.include({ gateways: null, peakMbps: null, egressBytes: null, fetchedBytes: null, storedGrowthBytes: null, storedYearBytes: null });
    expect([older.stored, older.today.costs?.egress, older.today.costs?.stored, older.measuredHours]).to.deep.equal([null, null, null, 0]);
    expect(older.planned.transcoderHours).to.be.greaterThan(0);
    const empty = plan(10, 1, { slots: [], counts: [] });
    expect([empty.planned.transcoders, empty.planned.transcoderHours, empty.planned.costs?.transcoders]).to.deep.equal([1, null, null]);
  });
});

describe("prices", () => {
  it("are pairs, each once", () => {
    expect(parsePrices(["currency=EUR", "egress-gb=0.08", "transcoder-hour=2"])).to.deep.equal({ currency: "EUR", of: { "egress-gb": 0.08, "transcoder-hour": 2 } });
    expect(parsePrices([])).to.deep.equal({ of: {} });
    for (const wrong of ["egress=1", "egress-gb", "egress-gb=-1", "egress-gb=1e3", "currency=€", "currency=euro", "toString=1", "=1"]) expect(parsePrices([wrong]), wrong).to.equal(undefined);
    expect(parsePrices(["egress-gb=1", "egress-gb=2"])).to.equal(undefined);
  });
});
