import { expect } from "chai";
import { openRunningEncodes, type EncodeBegun } from "../../../mixins/running-encodes.ts";

describe("running encodes", () => {
  const begun = (changes: Partial<EncodeBegun> = {}): EncodeBegun => ({ videoId: "v", renditions: ["360p", "720p"], first: 0, last: 3, lane: "background", mediaSec: 16, ...changes });

  it("says how far a run is, and how fast it was so far", () => {
    let now = 1_000;
    const encodes = openRunningEncodes(() => now);
    const note = encodes.begin(begun());
    expect(encodes.list(9)).to.deep.equal([{ videoId: "v", renditions: ["360p", "720p"], first: 0, last: 3, lane: "background", since: 1_000, progress: 0 }]);
    now = 3_000;
    for (let i = 0; i < 16; i++) note.made(0.5);
    expect(encodes.list(9)[0]).to.deep.include({ progress: 0.25, speed: 2 });
    for (let i = 0; i < 60; i++) note.made(1);
    expect(encodes.list(9)[0]?.progress).to.equal(1);
  });

  it("lists those that viewers wait for first, then the oldest, and says how many there are", () => {
    let now = 0;
    const encodes = openRunningEncodes(() => ++now);
    const [first] = ["a", "b"].map((videoId) => encodes.begin(begun({ videoId })));
    encodes.begin(begun({ videoId: "c", lane: "play" }));
    expect([encodes.list(2).map(({ videoId }) => videoId), encodes.count]).to.deep.equal([["c", "a"], 3]);
    first?.end();
    first?.end();
    expect([encodes.list(9).map(({ videoId }) => videoId), encodes.count]).to.deep.equal([["c", "b"], 2]);
  });
});
