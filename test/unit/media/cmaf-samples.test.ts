import { expect } from "chai";
import * as fc from "fast-check";
import { reorderDelay, timeSamples, toAudioSamples, toSamples } from "../../../media/cmaf/samples.ts";

const packets = (times: readonly number[]) => times.map((pts, index) => ({ pts, isKey: index === 0, data: Buffer.alloc(index + 1) }));

describe("samples", () => {
  it("take the sorted presentation times as decode times", () => {
    // I0 P3 b1 b2, and a pyramid of two frames' delay.
    const { baseDecodeTime, samples } = toSamples(packets([1000, 1300, 1100, 1200]), 1400, 200);
    expect(baseDecodeTime).to.equal(1000);
    expect(samples).to.deep.equal([
      { size: 1, isKey: true, duration: 100, compositionOffset: 200 },
      { size: 2, isKey: false, duration: 100, compositionOffset: 400 },
      { size: 3, isKey: false, duration: 100, compositionOffset: 100 },
      { size: 4, isKey: false, duration: 100, compositionOffset: 100 },
    ]);
  });

  it("are decoded earlier where the delay does not reach", () => {
    const { samples } = toSamples(packets([0, 300, 100, 200]), 400, 0);
    expect(samples.map((sample) => sample.duration)).to.deep.equal([99, 1, 100, 200]);
    expect(samples.map((sample) => sample.compositionOffset)).to.deep.equal([0, 201, 0, 0]);
  });

  it("present every frame at its time, whatever the order, the ticks and the delay", () => {
    const cases = fc.tuple(fc.uniqueArray(fc.integer({ min: -1000, max: 1_000_000 }), { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 5000 }), fc.nat(100_000));
    fc.assert(fc.property(cases, ([times, tail, delay]) => {
      const end = Math.max(...times) + tail;
      const { baseDecodeTime, timings } = timeSamples(times, end, delay);
      expect(baseDecodeTime).to.equal(Math.min(...times));
      let decodeTime = baseDecodeTime;
      timings.forEach(({ duration, compositionOffset }, index) => {
        expect(duration).to.be.greaterThan(0);
        expect(decodeTime + compositionOffset - delay).to.equal(times[index]);
        decodeTime += duration;
      });
      expect(decodeTime).to.equal(end);
    }));
  });

  it("have no negative offset where frames are reordered as encoders do", () => {
    const groups = fc.tuple(fc.integer({ min: 20, max: 3000 }), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 20 }));
    fc.assert(fc.property(groups, ([frame, depth, delay]) => {
      // Each group's last frame is decoded first, then the others from the last backwards: as deep as it gets.
      const times = [0];
      for (let group = 0; group < 4; group++) for (let at = depth; at >= 1; at--) times.push((group * depth + at) * frame);
      const { timings } = timeSamples(times, (4 * depth + 1) * frame, delay);
      expect(timings.every((timing) => timing.compositionOffset >= 0)).to.equal(true);
    }));
  });

  it("are refused when two frames have one time, or one lies behind the end", () => {
    expect(() => toSamples(packets([0, 100, 100]), 200, 0)).to.throw("duplicate timestamp").with.property("type", "not_media");
    expect(() => toSamples(packets([0, 100, 200]), 200, 0)).to.throw("behind the segment's end");
    expect(() => toSamples(packets([0, 100.5]), 200, 0)).to.throw("not a whole number");
    expect(() => toSamples([], 200, 0)).to.throw("no packets");
  });

  it("of audio last until the next, the last one its own duration", () => {
    const audio = [0, 1024, 3000].map((pts) => ({ pts, duration: 1024, isKey: true, data: Buffer.alloc(1) }));
    expect(toAudioSamples(audio).samples.map((sample) => sample.duration)).to.deep.equal([1024, 1976, 1024]);
    expect(() => toAudioSamples(audio.toReversed())).to.throw("out of order");
    expect(() => toAudioSamples([{ pts: 0, isKey: true, data: Buffer.alloc(1) }])).to.throw("has no duration");
  });
});

describe("reorder delay", () => {
  it("is two frames", () => {
    expect(reorderDelay({ num: 30_000, den: 1001 }, 30_000)).to.equal(2002);
    expect(reorderDelay({ num: 30, den: 1 }, 1000)).to.equal(67);
  });
});
