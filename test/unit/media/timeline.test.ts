import { expect } from "chai";
import * as fc from "fast-check";
import type { Facts, VideoFacts } from "../../../media/facts.ts";
import { canRepackageVideo } from "../../../media/playable.ts";
import { rational } from "../../../media/rational.ts";
import { findHeldFrame, planTimeline, type Timeline } from "../../../media/timeline.ts";
import { makeFacts, probedFacts } from "../../support/sample-facts.ts";

const seconds = ({ boundaries, timescale }: Timeline): number[] => boundaries.map((ticks) => ticks / timescale);

describe("timeline cut at key frames", () => {
  const cut = (keySeconds: number[], endSec: number, originSec = 0): Timeline => {
    const timescale = 12_800;
    const at = (sec: number): number => Math.round((sec + originSec) * timescale);
    return planTimeline(makeFacts({ originTicks: at(0), video: { timescale, start: at(0), end: at(endSec), keyFrames: keySeconds.map(at) } }));
  };

  it("has two short segments, then longer ones", () => {
    const timeline = cut([0, 2, 4, 6, 8, 10, 12, 14, 16], 18);
    expect(timeline).to.include({ cut: "source", timescale: 12_800 });
    expect(seconds(timeline)).to.deep.equal([0, 2, 4, 8, 12, 16, 18]);
  });

  it("takes a key frame a little before the wanted time, and waits for one where there is none", () => {
    expect(seconds(cut([0, 1.5, 3, 6.5, 7, 16], 20))).to.deep.equal([0, 1.5, 3, 6.5, 16, 20]);
    expect(seconds(cut([0, 1.4, 2.1], 20 / 2))).to.deep.equal([0, 2.1, 10]);
  });

  it("leaves no scrap at the end", () => {
    expect(seconds(cut([0, 2, 4.6], 5))).to.deep.equal([0, 2, 5]);
    expect(seconds(cut([0, 2, 4.5], 5))).to.deep.equal([0, 2, 4.5, 5]);
  });

  it("counts from the first shown frame, wherever the source's clock begins", () => {
    expect(cut([0, 2, 4, 8], 10, 1.4).boundaries).to.deep.equal(cut([0, 2, 4, 8], 10).boundaries);
    expect(cut([0, 2, 4, 8], 10, -3).boundaries).to.deep.equal(cut([0, 2, 4, 8], 10).boundaries);
  });

  it("is one segment for a video of a single frame", () => {
    expect(cut([0], 0.04).boundaries).to.deep.equal([0, 512]);
  });
});

describe("timeline of a source that is encoded", () => {
  const cut = (video: Partial<VideoFacts> & { end: number }): number[] => {
    const scale = 1_000;
    const ms = (times: readonly number[] = []): number[] => times.map((sec) => Math.round(sec * scale));
    return seconds(planTimeline(makeFacts({
      reader: "remux",
      video: { codec: "vp9", timescale: scale, start: 0, frameRate: { num: 25, den: 1 }, ...video, keyFrames: ms(video.keyFrames ?? [0]), splitFrames: ms(video.splitFrames), end: video.end * scale },
    })));
  };

  it("is cut at key frames where they stand well", () => {
    expect(cut({ keyFrames: [0, 2, 4, 6, 8, 10, 12], end: 14 })).to.deep.equal([0, 2, 4, 8, 12, 14]);
  });

  it("is cut at other frames where key frames are far apart", () => {
    const splitFrames = Array.from({ length: 24 }, (_, i) => i + 1.04);
    expect(cut({ keyFrames: [0], splitFrames, end: 25 })).to.deep.equal([0, 2.04, 4.04, 8.04, 12.04, 16.04, 20.04, 24.04, 25]);
  });

  it("waits a little for a key frame, less where segments are short, and no longer", () => {
    const splitFrames = Array.from({ length: 24 }, (_, i) => i + 1);
    expect(cut({ keyFrames: [0, 3, 10.9], splitFrames, end: 14 })).to.deep.equal([0, 3, 5, 10.9, 14]);
    expect(cut({ keyFrames: [0, 3.1, 10.1], splitFrames, end: 12 })).to.deep.equal([0, 2, 4, 8, 12]);
  });

  it("is cut in the middle of a frame that stands for long, which is shown again there", () => {
    const facts = makeFacts({ reader: "remux", video: { codec: "vp9", timescale: 1_000, start: 0, frameRate: { num: 1, den: 1 }, keyFrames: [0], splitFrames: [1_000, 3_000], end: 33_000 } });
    const { boundaries } = planTimeline(facts);
    expect(boundaries).to.deep.equal([0, 3_000, 5_000, 9_000, 13_000, 17_000, 21_000, 25_000, 33_000]);
    expect([0, 3_000, 5_000, 17_000].map((time) => findHeldFrame(facts, time))).to.deep.equal([undefined, undefined, 3_000, 3_000]);
  });

  it("has longer segments where nothing moves, for key frames are what costs there", () => {
    const still = { bitrate: 100_000, width: 1920, height: 1080, keyFrames: Array.from({ length: 20 }, (_, i) => i * 2), end: 40 };
    expect(cut(still)).to.deep.equal([0, 2, 4, 12, 20, 28, 36, 40]);
    expect(cut({ ...still, bitrate: 4_000_000 })).to.deep.equal([0, 2, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40]);
  });

  it("is cut at frames that the encode keeps, of a source of 120 frames a second", () => {
    const facts = makeFacts({ video: { timescale: 120, start: 0, frameRate: { num: 120, den: 1 }, keyFrames: [0, 241, 480, 720], end: 960 } });
    expect(planTimeline(facts)).to.deep.equal({ cut: "source", timescale: 120, frameRate: { num: 60, den: 1 }, boundaries: [0, 480, 720, 960] });
  });
});

describe("timeline cut on a grid", () => {
  it("has segments of whole frames at the source's rate", () => {
    const timeline = planTimeline(probedFacts());
    expect(timeline).to.deep.equal({ cut: "grid", timescale: 12_800, frameRate: { num: 25, den: 1 }, boundaries: [0, 25_600, 51_200, 102_400, 128_000] });
  });

  it("keeps a rate that is no whole number exact", () => {
    const timeline = planTimeline(probedFacts({ video: { frameRate: { num: 30_000, den: 1_001 } } }));
    expect(timeline).to.deep.equal({ cut: "grid", timescale: 30_000, frameRate: { num: 30_000, den: 1_001 }, boundaries: [0, 60_060, 120_120, 240_240, 300_300] });
  });

  it("joins a last segment that would be very short to the one before", () => {
    const timeline = planTimeline(probedFacts({ video: { end: 126_000 + 90_000 * 8.5 } }));
    expect(seconds(timeline)).to.deep.equal([0, 2, 4, 8.52]);
    expect(seconds(planTimeline(probedFacts({ video: { end: 126_000 + 90_000 * 9 } })))).to.deep.equal([0, 2, 4, 8, 9]);
  });

  it("has at most 60 frames a second", () => {
    expect(planTimeline(probedFacts({ video: { frameRate: { num: 120, den: 1 } } })).frameRate).to.deep.equal({ num: 60, den: 1 });
  });

  it("has segments of a few seconds although the source's frames are minutes apart", () => {
    const slides = planTimeline(probedFacts({ video: { frameRate: { num: 1, den: 100 }, end: 126_000 + 90_000 * 60 } }));
    expect(Math.max(...seconds(slides).map((end, n) => end - (seconds(slides)[n - 1] ?? 0)))).to.be.at.most(5);
    expect(seconds(slides).at(-1)).to.equal(60);
  });

  it("has one frame where the source has hardly any time", () => {
    expect(planTimeline(probedFacts({ video: { end: 126_001 } })).boundaries).to.deep.equal([0, 512]);
  });
});

const rate = fc.oneof(
  fc.constantFrom(rational(24_000, 1_001), rational(25, 1), rational(30_000, 1_001), rational(60, 1), rational(120, 1), rational(25, 2), rational(1, 100)),
  fc.tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: 1, max: 999_999_999 })).filter(([num, den]) => num / den <= 120).map(([num, den]) => rational(num, den)),
);
const timescale = fc.constantFrom(1, 600, 1_000, 12_800, 15_360, 30_000, 90_000, 1_000_000);
const common = { rate, timescale, originSec: fc.integer({ min: -100, max: 100_000 }) };

/** A source with an index: key frames at random, the first one at the start. */
const indexed: fc.Arbitrary<Facts> = fc.record({ ...common, gaps: fc.array(fc.integer({ min: 1, max: 12_000 }), { maxLength: 300 }), tail: fc.integer({ min: 1, max: 12_000 }) })
  .map(({ rate: frameRate, timescale: scale, originSec, gaps, tail }) => {
    const start = originSec * scale;
    const keyFrames = [start];
    for (const gap of gaps) keyFrames.push((keyFrames.at(-1) ?? 0) + Math.max(1, Math.floor((gap * scale) / 1_000)));
    const end = (keyFrames.at(-1) ?? 0) + Math.max(1, Math.floor((tail * scale) / 1_000));
    return makeFacts({ originTicks: start, video: { frameRate, timescale: scale, start, end, keyFrames } });
  });
const unindexed: fc.Arbitrary<Facts> = fc.record({ ...common, durationMs: fc.integer({ min: 0, max: 86_400_000 }) })
  .map(({ rate: frameRate, timescale: scale, originSec, durationMs }) => {
    const start = originSec * scale;
    return probedFacts({ originTicks: start, video: { frameRate, timescale: scale, start, end: start + Math.floor((durationMs * scale) / 1_000) } });
  });

describe("any timeline", () => {
  it("begins at 0 and ascends in whole ticks, so that no segment is empty", () => {
    fc.assert(fc.property(fc.oneof(indexed, unindexed), (facts) => {
      const { boundaries } = planTimeline(facts);
      expect(boundaries[0]).to.equal(0);
      expect(boundaries.length).to.be.at.least(2);
      expect(boundaries.every((tick) => Number.isSafeInteger(tick))).to.equal(true);
      expect(boundaries.every((tick, n) => n === 0 || tick > (boundaries[n - 1] ?? 0))).to.equal(true);
    }));
  });

  it("begins every segment at a key frame, and ends with the source, when it is cut at key frames", () => {
    fc.assert(fc.property(indexed, (facts) => {
      fc.pre(canRepackageVideo(facts));
      const { cut, boundaries } = planTimeline(facts);
      expect(cut).to.equal("source");
      const keys = new Set(facts.video.keyFrames.map((key) => key - facts.originTicks));
      expect(boundaries.slice(0, -1).every((tick) => keys.has(tick))).to.equal(true);
      expect(boundaries.at(-1)).to.equal(facts.video.end - facts.originTicks);
    }));
  });

  it("lies on the grid of frames, and ends within a frame of the source, when it is cut on one", () => {
    fc.assert(fc.property(unindexed, (facts) => {
      const { cut, boundaries, timescale: scale, frameRate } = planTimeline(facts);
      expect(cut).to.equal("grid");
      const frame = (scale / frameRate.num) * frameRate.den;
      expect(Number.isInteger(frame)).to.equal(true);
      expect(boundaries.every((tick) => tick % frame === 0)).to.equal(true);
      const duration = (facts.video.end - facts.video.start) / facts.video.timescale;
      expect(Math.abs((boundaries.at(-1) ?? 0) / scale - duration)).to.be.at.most(frame / scale);
      expect(frame / scale).to.be.at.most(1);
      expect(frameRate.num / frameRate.den).to.be.at.most(60);
    }));
  });

  it("is the same for the same facts", () => {
    fc.assert(fc.property(fc.oneof(indexed, unindexed), (facts) => {
      expect(planTimeline(structuredClone(facts))).to.deep.equal(planTimeline(facts));
    }), { numRuns: 20 });
  });
});
