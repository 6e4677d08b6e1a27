import { expect } from "chai";
import type { SampleTable } from "../../../../media/mp4/sample-tables.ts";
import { indexOfTable } from "../../../../mixins/demuxer/track-index.ts";

/** A table of 1,000 ticks a second: frames at `times` in decode order, each as long as till the next, `keys` among them. */
function table(times: readonly number[], keys: readonly number[], sizes: readonly number[] = times.map(() => 10)): SampleTable {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    timescale: 1_000, count: times.length, pts: Float64Array.from(times), sizes: Uint32Array.from(sizes), offsets: Float64Array.from(times, (_, i) => i * 10), loaded: times.length,
    durations: Uint32Array.from(times, (time) => (sorted[sorted.indexOf(time) + 1] ?? time + 40) - time),
    keys: Uint32Array.from(keys), sampleEntry: new Uint8Array(), orientation: { mirrored: false, rotation: 0 },
  };
}
const every = (step: number, count: number): number[] => Array.from({ length: count }, (_, i) => i * step);

describe("index of a track, by its table", () => {
  it("weighs groups of pictures, and counts frames", () => {
    expect(indexOfTable(table(every(500, 8), [0, 4], [100, 1, 2, 3, 50, 4, 5, 6]))).to.deep.include({ start: 0, end: 3_540, keyFrames: [0, 2_000], gopBytes: [106, 65], frames: 8, openGop: false });
  });

  it("tells open groups of pictures by frames that are shown before the key frame they follow", () => {
    expect(indexOfTable(table([0, 400, 1_600, 800, 1_200], [0, 2]))).to.deep.include({ openGop: true, frames: 5, keyFrames: [0, 1_600] });
  });

  it("begins with the first frame that can be decoded, in the file and on the screen", () => {
    expect(indexOfTable(table([0, 40, 120, 80, 160], [2]))).to.deep.include({ start: 120, frames: 2, end: 200 });
    expect(indexOfTable(table([0, 40], []))).to.equal(undefined);
  });

  it("splits long groups of pictures about every second", () => {
    expect(indexOfTable(table(every(40, 250), [0]))?.splitFrames).to.deep.equal([1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000]);
    expect(indexOfTable(table(every(40, 375), [0, 50, 100, 150, 250]))?.splitFrames).to.deep.equal([]);
  });

  it("splits shorter ones at the beginning, where segments are short", () => {
    expect(indexOfTable(table(every(40, 375), [0, 100, 200, 300]))?.splitFrames).to.deep.equal([1_000, 2_000, 3_000, 5_000]);
  });

  it("names the frame before a gap, so that it can be shown again in it", () => {
    expect(indexOfTable(table([0, 40, 80, 20_000], [0]))?.splitFrames).to.deep.equal([80, 20_000]);
  });

  it("names a few key frames a second where every frame is one", () => {
    const index = indexOfTable(table(every(40, 50), every(1, 50)));
    expect(index?.keyFrames).to.deep.equal([0, 280, 560, 840, 1_120, 1_400, 1_680, 1_960]);
    expect(index?.gopBytes?.reduce((sum, bytes) => sum + bytes, 0)).to.equal(500);
  });

  it("counts what an edit list may have put before 0", () => {
    expect(indexOfTable(table([-80, -40, 0, 40], [0]))).to.deep.include({ start: -80, frames: 4, framesBeforeZero: 2 });
  });
});
