import { expect } from "chai";
import * as fc from "fast-check";
import type { Packet } from "../../../media/cmaf/samples.ts";
import { fillWithSilence, nextFrameTime } from "../../../media/silence.ts";

const GRID = { start: 0, timescale: 48_000, sampleRate: 48_000 };
const packet = (pts: number): Packet => ({ pts, duration: 1024, isKey: true, data: Uint8Array.of(1) });
const times = (packets: readonly Packet[]): number[] => packets.map(({ pts }) => pts);

describe("silence around a sound", () => {
  it("fills a segment before the first packet and after the last", () => {
    const filled = fillWithSilence([packet(3072), packet(4096)], [1000, 8000], GRID, 2);
    expect(times(filled)).to.deep.equal([1024, 2048, 3072, 4096, 5120, 6144, 7168]);
    expect(filled.map(({ data }) => data.length)).to.deep.equal([9, 9, 1, 1, 9, 9, 9]);
  });

  it("leaves a segment alone that has its sound, also where times are rounded", () => {
    const packets = [packet(1025), packet(2047), packet(3073)];
    expect(fillWithSilence(packets, [1024, 4096], GRID, 1)).to.deep.equal(packets);
  });

  it("fills a whole segment, and one that is shorter than a frame", () => {
    expect(times(fillWithSilence([], [0, 4000], GRID, 1))).to.deep.equal([0, 1024, 2048, 3072]);
    expect(fillWithSilence([], [100, 130], GRID, 1).map(({ pts, duration }) => [pts, duration])).to.deep.equal([[100, 30]]);
  });

  it("leaves out no frame that begins at a boundary by the rounding of its time", () => {
    const grid = { start: 7, timescale: 90_000, sampleRate: 44_100 }; // the 36th frame begins at 73149.86
    expect(nextFrameTime(grid, 73_150)).to.equal(73_150);
    expect([...fillWithSilence([], [69_000, 73_150], grid, 2), ...fillWithSilence([], [73_150, 76_000], grid, 2)].map(({ pts }) => pts)).to.deep.equal([71_061, 73_150, 75_240]);
  });

  it("makes neighbouring segments meet, whatever the clock and wherever the sound begins and ends", () => {
    const cases = fc.record({ start: fc.integer({ min: -5_000, max: 200_000 }), frames: fc.integer({ min: 0, max: 150 }), sampleRate: fc.constantFrom(8_000, 22_050, 44_100, 48_000), timescale: fc.constantFrom(44_100, 48_000, 90_000, 96_000), lengths: fc.array(fc.integer({ min: 20_000, max: 60_000 }), { minLength: 1, maxLength: 6 }) });
    fc.assert(fc.property(cases, ({ start, frames, sampleRate, timescale, lengths }) => {
      const grid = { start, timescale, sampleRate };
      const frame = (1024 * timescale) / sampleRate;
      const sound = Array.from({ length: frames }, (_, n) => Math.ceil(start + n * frame)).map((pts, n, all) => ({ ...packet(pts), duration: (all[n + 1] ?? Math.ceil(pts + frame)) - pts }));
      let from = 0;
      const joined: Packet[] = [];
      for (const length of lengths) {
        const own = sound.filter(({ pts }) => pts >= from && pts < from + length);
        const filled = fillWithSilence(own, [from, from + length], grid, 2);
        if (filled[0] !== undefined && length > frame) expect(Math.abs(filled[0].pts - nextFrameTime(grid, from))).to.be.at.most(1);
        joined.push(...filled);
        from += length;
      }
      for (const [n, { pts }] of joined.entries()) {
        const next = joined[n + 1];
        if (next !== undefined) expect(Math.abs(next.pts - pts - frame)).to.be.at.most(2);
      }
    }));
  });
});
