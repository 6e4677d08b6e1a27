import { expect } from "chai";
import { decodeTime, isValid } from "ulid";
import { newId } from "../../../config/new-id.ts";

describe("a new id", () => {
  it("is a ULID in lower case that has its time in it", () => {
    const id = newId(1_764_000_000_000);
    expect(id).to.match(/^[0-9a-z]{26}$/).and.equal(id.toLowerCase());
    expect(isValid(id.toUpperCase())).to.equal(true);
    expect(decodeTime(id.toUpperCase())).to.equal(1_764_000_000_000);
  });

  it("is never given twice, and has no character that comes more often than others", () => {
    const parts = Array.from({ length: 20_000 }, () => newId(0).slice(10));
    expect(new Set(parts).size).to.equal(parts.length);
    const counts = new Map<string, number>();
    for (const character of parts.join("")) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).to.equal(32);
    for (const [character, count] of counts) expect(count, character).to.be.within(9_400, 10_600); // 10,000 on average, of a deviation of 98
  });
});
