import { expect } from "chai";
import { parseQuietHours, quietFor } from "../../../../../services/source/access/quiet-hours.ts";

describe("quiet hours", () => {
  const minutesAt = (text: string, time: string): number => {
    const hours = parseQuietHours(text);
    if (hours === undefined) throw new Error(`"${text}" is not read`);
    return quietFor([hours], new Date(time)) / 60_000;
  };

  it("last until their end, over midnight as well", () => {
    expect(minutesAt("22:00-06:00", "2026-11-25T21:59:59Z")).to.equal(0);
    expect(minutesAt("22:00-06:00", "2026-11-25T22:00:00Z")).to.equal(480);
    expect(minutesAt("22:00-06:00", "2026-11-26T05:30:00Z")).to.equal(30);
    expect(minutesAt("22:00-06:00", "2026-11-26T06:00:00Z")).to.equal(0);
    expect(minutesAt("09:00-17:30", "2026-11-25T17:29:30Z")).to.be.closeTo(0.5, 1e-6);
  });

  it("are of the clock where the origin is", () => {
    expect(minutesAt("22:00-06:00 Europe/Berlin", "2026-11-25T21:00:00Z")).to.equal(480); // winter: an hour ahead
    expect(minutesAt("22:00-06:00 Europe/Berlin", "2026-07-25T20:00:00Z")).to.equal(480); // summer: two
    expect(minutesAt("22:00-06:00 America/New_York", "2026-11-25T21:00:00Z")).to.equal(0);
  });

  it("are the longest of several", () => {
    const hours = ["01:00-02:00", "01:30-04:00"].flatMap((text) => parseQuietHours(text) ?? []);
    expect(quietFor(hours, new Date("2026-11-25T01:45:00Z"))).to.equal(135 * 60_000);
    expect(quietFor([], new Date())).to.equal(0);
  });

  it("are nothing else", () => {
    for (const text of ["", "22-6", "24:00-06:00", "22:60-06:00", "22:00-22:00", "22:00-06:00 Mars/Olympus", "22:00-06:00  UTC", "at night"]) expect(parseQuietHours(text), text).to.equal(undefined);
  });
});
