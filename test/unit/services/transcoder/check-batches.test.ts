import { expect } from "chai";
import { splitBySource, takeConsecutive } from "../../../../services/transcoder/check-batches.ts";
import type { Plan } from "../../../../media/plan.ts";

const MIB = 1024 * 1024;
const made = (segment: number, bytes = 1_000) => ({ segment, bytes: new Uint8Array(bytes) });
const numbers = (batch: readonly { segment: number }[]): number[] => batch.map(({ segment }) => segment);
/** Segments of six seconds. */
const planOf = (bitrate: number): Plan => ({ timescale: 1_000, boundaries: Array.from({ length: 40 }, (_, n) => n * 6_000), facts: { video: { bitrate } } }) as unknown as Plan;

describe("the segments that one check takes", () => {
  it("follow one another, from the earliest on, eight at most", () => {
    const { batch, rest } = takeConsecutive([7, 3, 4, 5].map((segment) => made(segment)));
    expect([numbers(batch), numbers(rest)]).to.deep.equal([[3, 4, 5], [7]]);
    expect(takeConsecutive(Array.from({ length: 20 }, (_, n) => made(n))).batch).to.have.length(8);
    expect(takeConsecutive([])).to.deep.equal({ batch: [], rest: [] });
  });

  it("are no more than memory is meant for; a larger one goes alone", () => {
    expect(numbers(takeConsecutive([made(0, 10 * MIB), made(1, 10 * MIB)]).batch)).to.deep.equal([0]);
    expect(numbers(takeConsecutive([made(0, 40 * MIB), made(1)]).batch)).to.deep.equal([0]);
  });

  it("are fewer where the source of the same span is large, and none is lost", () => {
    const batch = Array.from({ length: 8 }, (_, n) => made(n));
    expect(splitBySource(batch, planOf(1_000_000)).map(numbers)).to.deep.equal([[0, 1, 2, 3, 4, 5, 6, 7]]);
    expect(splitBySource(batch, planOf(9_000_000)).map(numbers)).to.deep.equal([[0, 1], [2, 3], [4, 5], [6, 7]]);
    expect(splitBySource(batch, planOf(80_000_000)).map(numbers)).to.deep.equal([[0], [1], [2], [3], [4], [5], [6], [7]]);
    expect(splitBySource([], planOf(1))).to.deep.equal([]);
  });
});
