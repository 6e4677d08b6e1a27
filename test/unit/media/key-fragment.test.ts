import { expect } from "chai";
import { readFragment, writeFragment } from "../../../media/cmaf/fragment.ts";
import { cutKeyFragment } from "../../../media/cmaf/key-fragment.ts";

const SPAN = { segment: 4, start: 9000, end: 12_000, reorderTicks: 200 };
const fragment = (baseDecodeTime: number, isKey: boolean, ...frames: string[]): Buffer => writeFragment({
  sequence: 5, trackId: 1, baseDecodeTime, data: frames.map((frame) => Buffer.from(frame)),
  samples: frames.map((frame, n) => ({ size: frame.length, duration: 100, compositionOffset: 200, isKey: isKey && n === 0 })),
});

describe("key frame of a segment", () => {
  it("is its first frame and lasts as long, also of a segment in several fragments", () => {
    for (const bytes of [fragment(9000, true, "key", "b"), Buffer.concat([fragment(9000, true, "key", "b"), fragment(9200, false, "c")])]) {
      const { data: [frame], ...header } = readFragment(cutKeyFragment(bytes, SPAN));
      expect(header).to.deep.equal({ sequence: 5, trackId: 1, baseDecodeTime: 9000, samples: [{ size: 3, duration: 3000, compositionOffset: 200, isKey: true }] });
      expect(frame?.toString()).to.equal("key");
    }
  });

  it("is none where the segment begins with another", () => {
    expect(() => cutKeyFragment(fragment(9000, false, "b"), SPAN)).to.throw().with.property("type", "encode_failed");
  });
});
