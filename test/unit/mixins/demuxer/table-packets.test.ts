import { expect } from "chai";
import type { SampleTable } from "../../../../media/mp4/sample-tables.ts";
import { beginningOf, placePackets } from "../../../../mixins/demuxer/table-packets.ts";

const MiB = 1024 * 1024;

/** A sample of `size` bytes every 100 of 1,000 ticks a second, the places of the first `loaded` known; `step` bytes from one to the next. */
function table({ count = 100, keys, start = 0, size = 10, step = 100, loaded = count }: { count?: number; keys: readonly number[]; start?: number; size?: number; step?: number; loaded?: number }): SampleTable {
  return {
    timescale: 1_000, count, loaded, pts: Float64Array.from({ length: count }, (_, i) => i * 100), durations: new Uint32Array(count).fill(100),
    sizes: new Uint32Array(count).fill(size), offsets: Float64Array.from({ length: count }, (_, i) => (i < loaded ? start + i * step : 0)),
    keys: Uint32Array.from(keys), sampleEntry: new Uint8Array(), orientation: { mirrored: false, rotation: 0 },
  };
}

describe("packets of a table that is loaded in part", () => {
  const part = table({ keys: [0, 50], loaded: 40 });

  it("are those of a span that ends in it", () => {
    expect(placePackets(part, { track: "audio", from: 0, to: 4_000 }, MiB)?.map(({ pts }) => pts)).to.deep.equal(Array.from({ length: 40 }, (_, i) => i * 100));
    expect(placePackets(part, { track: "video", from: 0, to: 3_000 }, MiB)).to.have.length(30);
    expect(placePackets(part, { track: "audio", from: 20_000, to: 30_000 }, MiB)).to.deep.equal([]);
  });

  it("are not told of one that ends behind it", () => {
    expect(placePackets(part, { track: "audio", from: 0, to: 4_001 }, MiB)).to.equal(undefined);
    expect(placePackets(part, { track: "audio", from: 9_000, to: 9_100 }, MiB)).to.equal(undefined);
    expect(placePackets(part, { track: "video", from: 6_000, to: 6_100 }, MiB)).to.equal(undefined);
  });
});

describe("packets that are said to lie in each other", () => {
  const all = { track: "audio", from: 0, to: Infinity } as const;
  const within = (size: number, sourceSize: number) => () => placePackets(table({ keys: [], size, step: 0 }), all, sourceSize);

  it("are no more than their source has, so a small file names no gigabytes", () => {
    expect(within(10, 1_000)()).to.have.length(100);
    expect(within(11, 1_000)).to.throw("the span has too many bytes");
  });

  it("are bounded also in a source that has so much", () => {
    expect(within(5 * MiB, 1_000 * MiB)()).to.have.length(100);
    expect(within(6 * MiB, 1_000 * MiB)).to.throw("the span has too many bytes");
  });
});

describe("the beginning of a film", () => {
  it("is its first group of pictures, and the sound of that time", () => {
    const video = table({ keys: [0, 20], start: 1_000 });
    expect(beginningOf(video, undefined)).to.deep.equal({ start: 1_000, end: 1_000 + 19 * 100 + 10 });
    expect(beginningOf(video, table({ keys: [], start: 2_000 }))).to.deep.equal({ start: 1_000, end: 2_000 + 19 * 100 + 10 });
  });

  it("is bounded, and only what is known", () => {
    expect(beginningOf(table({ keys: [0], start: 500, size: MiB / 4, step: MiB / 4 }), undefined)).to.deep.equal({ start: 500, end: 500 + MiB });
    expect(beginningOf(table({ keys: [0], start: 500, loaded: 4 }), undefined)).to.deep.equal({ start: 500, end: 500 + 310 });
    const video = table({ keys: [0, 2], start: 100 * MiB });
    for (const start of [0, 500 * MiB]) expect(beginningOf(video, table({ keys: [], start })), "the sound is elsewhere").to.deep.equal({ start: 100 * MiB, end: 100 * MiB + 110 });
  });
});
