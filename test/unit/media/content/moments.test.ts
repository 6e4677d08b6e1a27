import { expect } from "chai";
import { chooseMoments } from "../../../../media/content/moments.ts";
import { VIDEO } from "../../../support/sample-facts.ts";

describe("moments to look at", () => {
  it("are key frames spread over the video, none twice, a quarter of a second each", () => {
    expect(chooseMoments(VIDEO)).to.deep.equal([0, 25_600, 51_200, 76_800, 102_400].map((from) => ({ from, to: from + 3200 })));
  });

  it("are eight of a long video", () => {
    const keyFrames = Array.from({ length: 1000 }, (_, i) => i * 25_600);
    const spans = chooseMoments({ ...VIDEO, end: 25_600_000, keyFrames });
    expect(spans.map(({ from }) => from / 25_600)).to.deep.equal([62, 187, 312, 437, 562, 687, 812, 937]);
  });

  it("last long enough for three frames of a slow stream, and end at the next key frame", () => {
    const slow = { ...VIDEO, frameRate: { num: 2, den: 1 } };
    expect(chooseMoments(slow)[0]).to.deep.equal({ from: 0, to: 19_200 });
    expect(chooseMoments({ ...slow, keyFrames: [0, 12_800] })[0]).to.deep.equal({ from: 0, to: 12_800 });
  });

  it("are none without key frames", () => {
    expect(chooseMoments({ ...VIDEO, keyFrames: [] })).to.deep.equal([]);
  });
});
