import { expect } from "chai";
import * as fc from "fast-check";
import type { VideoFacts } from "../../../../media/facts.ts";
import { chooseSpans } from "../../../../media/screening/spans.ts";
import { judgeLevels, measureLevel } from "../../../../media/screening/sound-levels.ts";
import { stagedFacts } from "../../../support/staged-plan.ts";

const SCALE = 1_000;
function video(seconds: number, gopSec: number, gopBytes?: number[]): VideoFacts {
  const { gopBytes: _bytes, ...facts } = stagedFacts(4).video;
  return { ...facts, timescale: SCALE, start: 0, end: seconds * SCALE, keyFrames: Array.from({ length: Math.ceil(seconds / gopSec) }, (_, i) => i * gopSec * SCALE), ...(gopBytes === undefined ? {} : { gopBytes }) };
}

describe("the parts of a video that are screened", () => {
  it("are twelve moments spread over it, each from its key frame on", () => {
    const spans = chooseSpans(video(1_200, 5));
    expect(spans.flatMap(({ moments }) => moments)).to.deep.equal(Array.from({ length: 12 }, (_, i) => (50 + i * 100) * SCALE));
    expect(spans.every(({ from, to, moments: [moment = 0] }) => from % (5 * SCALE) === 0 && from <= moment && moment - from < 5 * SCALE && to === moment + SCALE)).to.equal(true);
  });

  it("have the moments of a re-encode, whatever its key frames", () => {
    const moments = (gopSec: number): number[] => chooseSpans(video(600, gopSec)).flatMap((span) => span.moments);
    for (const gopSec of [1, 3, 7, 10]) expect(moments(gopSec)).to.deep.equal(moments(2));
  });

  it("go where most bytes are, too", () => {
    const bytes = Array.from({ length: 240 }, (_, i) => (i === 37 ? 9_000_000 : 1_000));
    expect(chooseSpans(video(1_200, 5, bytes)).some(({ from, to }) => from === 185 * SCALE && to === 187 * SCALE)).to.equal(true);
  });

  it("never overlap, lie within the video, and are bounded", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 300 }), (seconds, gopSec) => {
      const spans = chooseSpans(video(seconds, gopSec, Array.from({ length: Math.ceil(seconds / gopSec) }, (_, i) => (i * 7919) % 1_000)));
      spans.forEach(({ from, to }, i) => {
        expect(from).to.be.below(to);
        expect(to).to.be.at.most(seconds * SCALE);
        expect(from).to.be.at.least(spans[i - 1]?.to ?? 0);
      });
      expect(spans.flatMap(({ moments }) => moments)).to.have.lengthOf(12);
      expect(spans.reduce((sum, { from, to }) => sum + to - from, 0)).to.be.at.most((12 * 11 + 4 * 2) * SCALE * 2);
    }));
  });
});

describe("the level of sound", () => {
  const tone = (amplitude: number): Uint8Array => new Uint8Array(Int16Array.from({ length: 8_000 }, (_, i) => Math.max(-32_768, Math.min(32_767, amplitude * Math.sin(i / 3)))).buffer);

  it("is measured in dB of full scale", () => {
    expect(measureLevel(tone(32_767)).rmsDb).to.be.closeTo(-3, 0.1);
    expect(measureLevel(tone(3_276)).peakDb).to.be.closeTo(-20, 0.1);
    expect(measureLevel(new Uint8Array(0)).peakDb).to.be.below(-100);
  });

  it("is amiss where nothing is heard, or nothing but noise at full scale", () => {
    expect(judgeLevels([tone(0), tone(10)].map(measureLevel)).map(({ code }) => code)).to.deep.equal(["silent"]);
    expect(judgeLevels([tone(200_000), tone(200_000), tone(3_000)].map(measureLevel)).map(({ code }) => code)).to.deep.equal(["loud"]);
    expect(judgeLevels([tone(200_000), tone(3_000), tone(3_000)].map(measureLevel))).to.deep.equal([]);
    expect(judgeLevels([])).to.deep.equal([]);
  });
});
