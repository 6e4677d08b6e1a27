import { expect } from "chai";
import * as fc from "fast-check";
import { findErrorCode } from "../../../../config/errors.ts";
import type { TimetableEntry } from "../../../../services/forecast/forecast.contract.ts";
import { objectKeys } from "../../../../config/object-keys.ts";
import { nextBell, parseKept, parseTimetable } from "../../../../services/forecast/timetable.ts";
import { openTimetables } from "../../../../services/forecast/timetables.ts";
import { memoryStorageCalls } from "../../../support/memory-storage-calls.ts";

const VIDEO = "01arz3ndektsv4rrffq69g5fav";
const WEEKLY = { course: "Physics 1", weekly: { day: "mon", time: "09:15" }, timeZone: "Europe/Berlin", expectedViewers: 300 };

function refusal(entries: unknown): string {
  try {
    parseTimetable(entries);
  } catch (error) {
    expect(findErrorCode(error)).to.equal("bad_request");
    return error instanceof Error ? error.message : "";
  }
  return "taken";
}

describe("timetables that were kept", () => {
  const [ONE, OTHER] = [{ ...WEEKLY, weekly: { day: "mon" as const, time: "09:15" } }, { video: VIDEO, at: "2026-02-28T23:59", timeZone: "UTC" }];
  const stage = () => {
    const [storage, warned, clock] = [memoryStorageCalls(), [] as string[], { now: 1_000 }];
    return { storage, warned, clock, timetables: openTimetables(storage, () => clock.now, { warn: (text: string) => warned.push(text) }) };
  };

  it("say from when on each entry was in them, also when others come and go", async () => {
    const { timetables, clock } = stage();
    await timetables.put("a", [ONE]);
    clock.now = 2_000;
    await timetables.put("a", [OTHER, { ...ONE }]);
    expect(await timetables.get("a")).to.deep.equal([{ ...OTHER, since: 2_000 }, { ...ONE, since: 1_000 }]);
    clock.now = 3_000;
    await timetables.put("a", [{ ...ONE, expectedViewers: 301 }]);
    expect((await timetables.get("a"))[0]?.since).to.equal(3_000);
  });

  it("of one that cannot be read are as they were, and the others as they are", async () => {
    const { storage, timetables, warned, clock } = stage();
    for (const tenant of ["a", "b"]) await timetables.put(tenant, [ONE]);
    await timetables.all(0);
    storage.objects.set(objectKeys.timetable("a"), Buffer.from("{"));
    await timetables.put("b", [OTHER]);
    clock.now++;
    const all = await timetables.all(0);
    expect([all.get("a")?.length, all.get("b")]).to.deep.equal([1, [{ ...OTHER, since: 1_000 }]]);
    expect(warned).to.have.length(1);
  });

  it("have what this version knows, whatever another wrote beside it", () => {
    expect(parseKept([ONE, { ...ONE, room: "HS 1" }, null, { ...OTHER, since: 7 }, { ...OTHER, since: "x" }])).to.deep.equal([ONE, { ...OTHER, since: 7 }, OTHER]);
    for (const value of [null, {}, "[]", 7]) expect(parseKept(value)).to.deep.equal([]);
  });
});

describe("a timetable", () => {
  it("is taken as it was meant", () => {
    expect(parseTimetable([WEEKLY, { video: VIDEO, at: "2026-02-28T23:59", timeZone: "utc" }])).to.deep.equal([WEEKLY, { video: VIDEO, at: "2026-02-28T23:59", timeZone: "UTC" }]);
  });

  it("says what is wrong with it", () => {
    expect(refusal({})).to.match(/^entries must be an array/);
    expect(refusal(Array.from({ length: 501 }, () => WEEKLY))).to.match(/at most 500/);
    expect(refusal([WEEKLY, null])).to.match(/^entries\[1\] must be an object/);
    expect(refusal([{ ...WEEKLY, video: VIDEO }])).to.match(/a video or a course/);
    expect(refusal([{ ...WEEKLY, course: undefined, video: "../../etc" }])).to.match(/\.video/);
    expect(refusal([{ ...WEEKLY, course: "x".repeat(65) }])).to.match(/\.course/);
    expect(refusal([{ ...WEEKLY, at: "2026-01-01T10:00" }])).to.match(/weekly or at/);
    expect(refusal([{ ...WEEKLY, timeZone: "Europe/Atlantis" }])).to.match(/\.timeZone/);
    expect(refusal([{ ...WEEKLY, weekly: { day: "mon", time: "24:00" } }])).to.match(/\.weekly/);
    expect(refusal([{ ...WEEKLY, weekly: undefined, at: "2026-02-30T10:00" }])).to.match(/\.at/);
    expect(refusal([{ ...WEEKLY, expectedViewers: 0 }])).to.match(/\.expectedViewers/);
    expect(refusal([{ ...WEEKLY, rooms: [] }])).to.match(/a field that there is not/);
    expect(refusal([JSON.parse('{"__proto__": {"course": "x"}, "timeZone": "UTC"}')])).to.not.equal("taken");
  });

  it("is taken or refused, whatever it is, and what is taken has a next time or none", () => {
    const part = fc.oneof(fc.anything(), fc.constantFrom(...Object.values(WEEKLY)));
    fc.assert(fc.property(fc.record({ course: part, video: part, weekly: part, at: part, timeZone: part, expectedViewers: part }, { requiredKeys: [] }), (entry) => {
      if (refusal([entry]) !== "taken") return;
      for (const taken of parseTimetable([entry])) nextBell(taken, Date.UTC(2026, 0, 1));
    }));
  });
});

describe("the next bell", () => {
  const iso = (entry: TimetableEntry, after: string): string | undefined => {
    const bell = nextBell(entry, Date.parse(after));
    return bell === undefined ? undefined : new Date(bell).toISOString().slice(0, 16);
  };
  const monday: TimetableEntry = { course: "a", weekly: { day: "mon", time: "09:15" }, timeZone: "Europe/Berlin" };

  it("is by the clocks of its zone, before and after they change", () => {
    expect(iso(monday, "2026-03-23T00:00:00Z")).to.equal("2026-03-23T08:15");
    expect(iso(monday, "2026-03-23T08:15:00Z"), "at the bell").to.equal("2026-03-23T08:15");
    expect(iso(monday, "2026-03-23T08:15:01Z")).to.equal("2026-03-30T07:15");
    expect(iso({ ...monday, timeZone: "America/New_York", weekly: { day: "sun", time: "23:30" } }, "2026-06-15T03:00:00Z")).to.equal("2026-06-15T03:30");
  });

  it("is the one after where clocks leave it out, and comes once by date", () => {
    expect(iso({ ...monday, weekly: { day: "sun", time: "02:30" } }, "2026-03-29T00:00:00Z")).to.match(/^2026-03-29T0[01]:30$/);
    const once: TimetableEntry = { video: VIDEO, at: "2026-11-30T10:00", timeZone: "Asia/Tokyo" };
    expect([iso(once, "2026-11-29T00:00:00Z"), iso(once, "2026-11-30T01:00:01Z")]).to.deep.equal(["2026-11-30T01:00", undefined]);
  });
});
