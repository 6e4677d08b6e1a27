import { expect } from "chai";
import { isNearlyStill } from "../../../../media/content/stillness.ts";
import { VIDEO } from "../../../support/sample-facts.ts";

describe("stillness by the index", () => {
  const fullHd = { ...VIDEO, width: 1920, height: 1080, frameRate: { num: 30, den: 1 } };

  it("is that of the real lecture, and of none of the others", () => {
    expect(isNearlyStill({ ...fullHd, bitrate: 256_607 })).to.equal(true);
    expect(isNearlyStill({ ...VIDEO, width: 480, height: 352, frameRate: { num: 30_000, den: 1001 }, bitrate: 162_348 })).to.equal(false);
    expect(isNearlyStill({ ...VIDEO, width: 720, height: 576, bitrate: 859_799 })).to.equal(false);
    expect(isNearlyStill({ ...VIDEO, codec: "vp8", width: 1024, height: 768, frameRate: { num: 15, den: 1 }, bitrate: 130_000 })).to.equal(false);
  });

  it("is not that of a film with too few bits", () => {
    expect(isNearlyStill({ ...fullHd, bitrate: 1_000_000 })).to.equal(false);
  });

  it("expects fewer bits of later codecs", () => {
    expect(isNearlyStill({ ...fullHd, bitrate: 400_000 })).to.equal(true);
    expect(isNearlyStill({ ...fullHd, codec: "av1", bitrate: 400_000 })).to.equal(false);
  });

  it("is not known without a bit rate or a size", () => {
    expect(isNearlyStill({ ...fullHd, bitrate: 0 })).to.equal(false);
    expect(isNearlyStill({ ...fullHd, width: 0, bitrate: 1 })).to.equal(false);
  });
});
