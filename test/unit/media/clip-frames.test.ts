import { expect } from "chai";
import { findFirstFrame } from "../../../media/clip-frames.ts";
import { VIDEO } from "../../support/sample-facts.ts";

/** 25 a second: 512 ticks a frame, in decode order, with a still from 2,048 to 20,480. */
const TIMES = [0, 1_536, 512, 1_024, 2_048, 20_480, 20_992];

describe("the first frame of a clip", () => {
  it("is the one at its start, or the next where that is not a frame's time", () => {
    expect(findFirstFrame(VIDEO, TIMES, 512)).to.equal(512);
    expect(findFirstFrame(VIDEO, TIMES, 513)).to.equal(1_024);
    expect(findFirstFrame(VIDEO, TIMES, 20_000)).to.equal(20_480);
  });

  it("is the one that stands at its start, where the next is far or there is none", () => {
    expect(findFirstFrame(VIDEO, TIMES, 10_000)).to.equal(2_048);
    expect(findFirstFrame(VIDEO, TIMES, 21_000)).to.equal(20_992);
    expect(findFirstFrame(VIDEO, [4_096], 100)).to.equal(4_096);
    expect(findFirstFrame(VIDEO, [], 100)).to.equal(undefined);
  });
});
