import { expect } from "chai";
import type { VideoFacts } from "../../../media/facts.ts";
import { findShownFrame } from "../../../media/shown-frame.ts";
import { VIDEO } from "../../support/sample-facts.ts";

const I = 0x65, P = 0x41, B = 0x01;
/** In decode order: I0 P3 B1 B2 P6 B4 B5, with what H.264 says of who refers to them. */
const PACKETS = ([[0, I], [300, P], [100, B], [200, B], [600, P], [400, B], [500, B]] as const).map(([pts, nal]) => ({ pts, isKey: nal === I, data: Uint8Array.of(0, 0, 0, 2, nal, 0) }));
const H264: VideoFacts = { ...VIDEO, configuration: Buffer.from([1, 100, 0, 40, 0xff]).toString("base64") };

const find = (at: number, video = H264): [number | undefined, number[] | undefined] => {
  const found = findShownFrame(video, PACKETS, at);
  return [found?.pts, found?.packets.map(({ pts }) => pts)];
};

describe("the frame shown at a time", () => {
  it("is the last that is not after it, with what it is decoded from and nothing more", () => {
    expect(find(0)).to.deep.equal([0, [0]]);
    expect(find(99)).to.deep.equal([0, [0]]);
    expect(find(100)).to.deep.equal([100, [0, 300, 100]]);
    expect(find(299)).to.deep.equal([200, [0, 300, 200]]);
    expect(find(300)).to.deep.equal([300, [0, 300]]);
    expect(find(599)).to.deep.equal([500, [0, 300, 600, 500]]);
  });

  it("is decoded from all before it where nothing says who refers to whom", () => {
    expect(find(299, { ...VIDEO, codec: "vp9" })).to.deep.equal([200, [0, 300, 100, 200]]);
  });

  it("keeps the frames around it where fields are woven", () => {
    expect(find(200, { ...H264, interlaced: true })).to.deep.equal([200, [0, 300, 100, 200, 600, 400, 500]]);
  });

  it("is the first one before anything is shown, and none where there is none", () => {
    expect(find(-1)).to.deep.equal([0, [0]]);
    expect(findShownFrame(H264, [], 0)).to.equal(undefined);
  });
});
