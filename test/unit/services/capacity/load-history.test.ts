import { expect } from "chai";
import * as fc from "fast-check";
import { better, formatDay, formatSlot, mergeSlots, parseDay, parseSlot, SLOT_MS, type LoadSlot } from "../../../../services/capacity/load/load-slot.ts";
import { lookAtLoad } from "../../../../services/capacity/load/look-at-load.ts";
import { openSlotMeter, type LoadLook } from "../../../../services/capacity/load/slot-meter.ts";
import { DAY_MS, MONDAY, slotAt } from "./made-weeks.ts";

const LOOK: LoadLook = { play: 2, background: 1, cpu: 1.5, slots: 4, transcoders: 2, queued: { play: 0, normal: 30, bulk: 0 } };

describe("slots of load", () => {
  const figure = fc.integer({ min: 0, max: 1_000_000 }).map((n) => n / 1000);
  const bytes = fc.option(fc.record({ sent: fc.nat(2_000_000_000), stored: fc.nat(), fetched: fc.nat(), gateways: fc.nat(50) }), { nil: undefined });
  const slot = fc.record({ n: fc.integer({ min: 0, max: 287 }), seconds: fc.integer({ min: 1, max: 300 }), play: figure, background: figure, queuedBulk: figure, bytes })
    .map(({ n, bytes: moved, ...figures }): LoadSlot => slotAt(MONDAY + n * SLOT_MS, 0, { ...figures, ...(moved === undefined ? {} : { bytes: moved }) }));

  it("come back from how they are kept", () => {
    fc.assert(fc.property(fc.array(slot, { maxLength: 20 }), (slots) => {
      const merged = mergeSlots(slots);
      expect(parseDay("2026-10-05", formatDay(merged))).to.deep.equal(merged);
    }));
  });

  it("are the same in whatever order, and however often, they are merged", () => {
    fc.assert(fc.property(fc.array(slot, { maxLength: 20 }), fc.array(slot, { maxLength: 20 }), (a, b) => {
      const once = mergeSlots(a, b);
      expect(mergeSlots(b, a)).to.deep.equal(once);
      expect(mergeSlots(once, a, b, once)).to.deep.equal(once);
    }));
  });

  it("give way to who measured more", () => {
    const [short, long] = [slotAt(MONDAY, 9, { seconds: 40 }), slotAt(MONDAY, 1, { seconds: 290 })];
    expect(better(short, long)).to.equal(long);
    expect(better(long, short)).to.equal(long);
  });

  it("of an older version have no bytes, and give way to one as long that has", () => {
    const older = parseSlot(MONDAY, "300,1,2,0,0,0,0,1.5,8,2");
    expect(older).to.deep.equal(slotAt(MONDAY, 1, { peak: 2, cpu: 1.5 }));
    const newer = parseSlot(MONDAY, "300,1,2,0,0,0,0,1.5,8,2,1250.5,3,0,2");
    expect(newer?.bytes).to.deep.equal({ sent: 1_250_500, stored: 3_000, fetched: 0, gateways: 2 });
    expect(mergeSlots([older ?? slotAt(MONDAY, 0)], [newer ?? slotAt(MONDAY, 0)])).to.deep.equal([newer]);
    expect(better(newer, older)).to.equal(newer);
  });

  it("are refused when they are none", () => {
    const good = formatSlot(slotAt(MONDAY, 1));
    for (const text of [undefined, 7, "", "1,2,3", `${good},1`, good.replace("300", "301"), good.replace("300", "0"), good.replace("300", "1e2"), good.replace("300", "-1"), `${good},1,2,3`, `${good},1,2,3,4,5`, `${good},1,2,3,-4`, "9".repeat(300)]) expect(parseSlot(MONDAY, text), String(text)).to.equal(undefined);
    for (const at of [MONDAY + 1, Number.NaN, -SLOT_MS]) expect(parseSlot(at, good)).to.equal(undefined);
    for (const bytes of ["", "null", "{", '{"slots":[]}', `{"slots":{"0":7,"5":"x","1440":"${good}","-5":"${good}","constructor":"${good}"}}`]) expect(parseDay("2026-10-05", Buffer.from(bytes)), bytes).to.deep.equal([]);
    expect(parseDay("2026-10-05", Buffer.from(`{"slots":{"0":"broken","5":"${good}"}}`)).map(({ at }) => at)).to.deep.equal([MONDAY + SLOT_MS]);
  });
});

describe("the meter of slots", () => {
  it("has means over the time that looks stand for, and the most of them", () => {
    const meter = openSlotMeter();
    for (const [sec, play] of [[10, 0], [20, 6], [30, 0]] as const) meter.add(MONDAY + sec * 1000, { ...LOOK, play }, 10);
    const current = meter.current();
    expect(current).to.include({ at: MONDAY, seconds: 30, peak: 6, background: 1, queuedNormal: 30, transcoders: 2 });
    expect(current?.play).to.be.closeTo(2, 1e-9);
  });

  it("has the mean of the bytes that it knows; a look that knows none is like the others", () => {
    const meter = openSlotMeter();
    const bytes = (sent: number): LoadLook => ({ ...LOOK, bytes: { sent, stored: 5, fetched: 0, gateways: 2 } });
    meter.add(MONDAY + 10_000, LOOK, 10);
    expect(meter.current()?.bytes).to.equal(undefined);
    const first = bytes(400);
    meter.add(MONDAY + 20_000, first, 10);
    meter.add(MONDAY + 30_000, LOOK, 10);
    meter.add(MONDAY + 40_000, bytes(0), 10);
    expect(meter.current()?.bytes).to.deep.equal({ sent: 300, stored: 5, fetched: 0, gateways: 2 });
    expect(first.bytes?.sent, "a look is the looker's").to.equal(400);
  });

  it("begins another every five minutes, and keeps those of a day", () => {
    const meter = openSlotMeter();
    for (let n = 0; n < 400; n++) meter.add(MONDAY + n * SLOT_MS, LOOK, 10);
    expect(meter.finished()).to.have.length(288);
    expect(meter.finished().at(-1)?.at).to.equal(MONDAY + 398 * SLOT_MS);
  });

  it("counts a pause of the process as not measured, and no time twice when the clock is put back", () => {
    const meter = openSlotMeter();
    meter.add(MONDAY, LOOK, 10);
    meter.add(MONDAY + 200_000, LOOK, 10);
    meter.add(MONDAY + 100_000, LOOK, 10);
    expect(meter.current()).to.include({ seconds: 40, play: 2 });
  });
});

describe("a look at the load", () => {
  const report = { slots: 4, play: 1, background: 2, waiting: 3, ownCpu: 0.5, machineCpu: 1, accepting: true };
  const lane = (waiting: number) => ({ waiting, active: 0, failed: 0, paused: false });

  it("adds up what transcoders tell, a long line for as much as runs; one that drains has work, and no room", () => {
    expect(lookAtLoad([report, { ...report, accepting: false }, undefined], undefined)).to.deep.equal({ play: 4, background: 4, cpu: 4, slots: 4, transcoders: 1, queued: undefined });
  });

  it("shares the cost of what waits out among the lanes, in seconds of a slot", () => {
    const queue = { lanes: { play: lane(0), normal: lane(3), bulk: lane(1) }, tenants: [{ tenant: "a", waiting: 3, running: 0, cost: 60 }, { tenant: "b", waiting: 1, running: 0, cost: 20 }], totals: {} };
    expect(lookAtLoad([], { ...queue, paceMs: 500 }).queued).to.deep.equal({ play: 0, normal: 30, bulk: 10 });
    expect(lookAtLoad([], queue).queued, "nothing was made yet").to.deep.equal({ play: 0, normal: 0, bulk: 0 });
    expect(DAY_MS % SLOT_MS).to.equal(0);
  });
});
