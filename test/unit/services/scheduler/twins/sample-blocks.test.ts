import { randomInt } from "node:crypto";
import { expect } from "chai";
import * as fc from "fast-check";
import { sampleBlocks } from "../../../../../services/scheduler/twins/sample-blocks.ts";

const BLOCK = 10;
const blocksOf = (size: number, random = (below: number): number => randomInt(below)): number[] => sampleBlocks(size, BLOCK, random).map(({ start }) => start / BLOCK);

describe("sample of a source", () => {
  it("is of whole blocks, the first, the last and 24 others, none twice", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), (size) => {
      const ranges = sampleBlocks(size, BLOCK, (below) => randomInt(below));
      const count = Math.ceil(size / BLOCK);
      expect(ranges).to.have.lengthOf(Math.min(count, 26));
      expect(new Set(ranges.map(({ start }) => start)).size).to.equal(ranges.length);
      for (const { start, end } of ranges) {
        expect(start % BLOCK).to.equal(0);
        expect(end).to.equal(Math.min(size, start + BLOCK));
        expect(start).to.be.within(0, size - 1);
      }
      expect(ranges[0]?.start).to.equal(0);
      expect(ranges.some(({ end }) => end === size)).to.equal(true);
    }));
  });

  it("is all of what is small, and is asked nothing of what is empty beyond its end", () => {
    expect(blocksOf(7)).to.deep.equal([0]);
    expect(blocksOf(26 * BLOCK).toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 26 }, (_, n) => n));
    expect(sampleBlocks(0, BLOCK, () => 0)).to.deep.equal([{ start: 0, end: 0 }]);
  });

  it("lies where chance says, whatever that says", () => {
    expect(blocksOf(40 * BLOCK, () => 0).toSorted((a, b) => a - b)).to.deep.equal([0, 1, ...Array.from({ length: 23 }, (_, n) => 16 + n), 39]);
    expect(blocksOf(40 * BLOCK, (below) => below - 1).toSorted((a, b) => a - b)).to.deep.equal([0, ...Array.from({ length: 24 }, (_, n) => 15 + n), 39]);
  });

  it("reaches every block alike", () => {
    const hits = new Map<number, number>();
    const [rounds, middle] = [4_000, 48];
    for (let round = 0; round < rounds; round++) for (const n of blocksOf((middle + 2) * BLOCK)) hits.set(n, (hits.get(n) ?? 0) + 1);
    // Each in half of the rounds: 6 standard deviations of that on either side.
    const deviation = 6 * Math.sqrt(rounds / 4);
    for (let n = 1; n <= middle; n++) expect(hits.get(n), `block ${n}`).to.be.closeTo(rounds / 2, deviation);
  });
});
