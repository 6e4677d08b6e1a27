import { expect } from "chai";
import { arrivedSegments } from "../../../media/arrived-segments.ts";
import type { Facts } from "../../../media/facts.ts";
import { makeFacts } from "../../support/sample-facts.ts";

/** Ten seconds, a key frame and a boundary every two. */
const BOUNDARIES = [0, 25_600, 51_200, 76_800, 102_400, 128_000];
const arrived = (bytes: number, facts: Facts = makeFacts({ size: 1_000 })): number => arrivedSegments({ facts, boundaries: BOUNDARIES, timescale: 12_800 }, bytes);

describe("segments whose bytes have arrived", () => {
  it("are as many as there are whole groups of pictures, by their weight", () => {
    const facts = makeFacts({ size: 1_000, video: { gopBytes: [600, 100, 100, 100, 100] } });
    expect([0, 599, 600, 699, 700, 999, 1_000].map((bytes) => arrived(bytes, facts))).to.deep.equal([0, 0, 1, 1, 2, 4, 5]);
  });

  it("are told by time where the index does not know their weight", () => {
    expect([0, 199, 200, 650, 999, 1_000, Infinity].map((bytes) => arrived(bytes))).to.deep.equal([0, 0, 1, 3, 4, 5, 5]);
  });

  it("are counted from the first frame that is shown, in the timeline's own ticks", () => {
    const facts = makeFacts({ size: 1_000, originTicks: 25_600, video: { start: 0, end: 153_600, keyFrames: [0, 25_600], gopBytes: [] } });
    expect(arrivedSegments({ facts, boundaries: BOUNDARIES.map((ticks) => ticks * 2), timescale: 25_600 }, 500)).to.equal(2);
  });

  it("are none of an index that does not add up", () => {
    expect(arrived(999, makeFacts({ size: 1_000, video: { keyFrames: [0], gopBytes: [1] } }))).to.equal(0);
  });
});
