import { expect } from "chai";
import * as fc from "fast-check";
import { PROFILES, profileOf } from "../../../../media/content/profile.ts";
import { recordedMoments } from "./recorded-moments.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });

describe("profile of a look", () => {
  for (const { of, is, moments } of recordedMoments) {
    it(`calls ${of} ${is}`, () => {
      expect(profileOf(moments).profile).to.equal(is);
    });
  }

  it("is the same when most of the moments that made it are gone", () => {
    const few = recordedMoments.filter(({ moments }) => moments.length === 8).map(({ of, moments }) => `${of}: ${profileOf(moments.slice(2, 7)).profile}`);
    expect(few).to.deep.equal(recordedMoments.filter(({ moments }) => moments.length === 8).map(({ of, is }) => `${of}: ${is}`));
  });

  it("says why, with the figures", () => {
    const [lecture] = recordedMoments;
    expect(profileOf(lecture?.moments ?? [])).to.deep.equal({
      version: 1, profile: "slides",
      reasons: ["print: edged 0.338 ≥ 0.06", "on paper: tones 0.883 ≥ 0.7", "that stands still: moving 0.013 ≤ 0.15"],
      features: { flat: 0.597, edged: 0.338, moving: 0.013, tones: 0.883, changed: 0.489 },
    });
  });

  it("is not decided by a film clip within slides", () => {
    const slide = { flat: 0.8, edged: 0.2, moving: 0.01, tones: 0.9, changed: 0.3 };
    const clip = { flat: 0.1, edged: 0.02, moving: 0.9, tones: 0.2, changed: 1 };
    expect(profileOf([slide, clip, slide, clip, slide, slide, clip, slide]).profile).to.equal("slides");
  });

  it("takes one moment of a camera for a camera: nothing is known to have changed", () => {
    expect(profileOf([{ flat: 0.1, edged: 0.02, moving: 0.5, tones: 0.2 }])).to.deep.include({
      profile: "camera", reasons: ["neither print, nor even areas in few shades, nor scenes that change"],
    });
  });

  it("has an answer with a reason to any figures", () => {
    fc.assert(fc.property(fc.array(fc.record({ flat: share, edged: share, moving: share, tones: share, changed: share }), { minLength: 1, maxLength: 8 }), (moments) => {
      const { profile, reasons } = profileOf(moments);
      expect(PROFILES).to.include(profile);
      expect(reasons).to.not.be.empty;
    }));
  });
});
