import { expect } from "chai";
import { openEncodeSpeed } from "../../../../services/transcoder/encode-speed.ts";
import { stagedPlan } from "../../../support/staged-plan.ts";

describe("encode speed", () => {
  const [found] = stagedPlan(20).video;
  if (found === undefined) throw new Error("the staged plan has no picture");
  const rendition = { ...found, width: 1000, height: 500, frameRate: { num: 20, den: 1 } }; // ten megapixels a second

  it("is not known before anything was encoded", () => {
    const speed = openEncodeSpeed();
    speed.note(rendition, 2, 0);
    speed.note(rendition, 0, 500);
    expect(speed.fastest()).to.equal(undefined);
  });

  it("is that of the fastest of the last encodes, in megapixels a second", () => {
    const speed = openEncodeSpeed();
    for (const ms of [1_000, 500, 2_000]) speed.note(rendition, 2, ms);
    expect(speed.fastest()).to.equal(40);
    for (let n = 0; n < 32; n++) speed.note(rendition, 2, 1_000);
    expect(speed.fastest()).to.equal(20);
  });
});
