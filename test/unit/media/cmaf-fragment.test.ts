import { expect } from "chai";
import * as fc from "fast-check";
import { box, fullBox, u32, u64 } from "../../../media/cmaf/boxes.ts";
import { createFragmentSplitter, sliceAudio } from "../../../media/cmaf/encoder-output.ts";
import { readFragment, readFragments, writeFragment, type Fragment } from "../../../media/cmaf/fragment.ts";
import { readTimescale, selectTrack, writeInit } from "../../../media/cmaf/init.ts";

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const fragments: fc.Arbitrary<Fragment> = fc.record({
  sequence: uint32, trackId: uint32, baseDecodeTime: fc.maxSafeNat(),
  samples: fc.array(fc.record({
    bytes: fc.uint8Array({ maxLength: 12 }), duration: fc.oneof(fc.constant(1001), uint32),
    compositionOffset: fc.oneof(fc.constant(0), fc.integer({ min: -0x80000000, max: 0x7fffffff })), isKey: fc.boolean(),
  }), { minLength: 1, maxLength: 30 }),
}).map(({ samples, ...header }) => ({
  ...header, data: samples.map((sample) => sample.bytes),
  samples: samples.map(({ bytes, ...sample }) => ({ size: bytes.length, ...sample })),
}));

/** Runs it on hostile bytes: whatever is thrown must be the one error this code throws. */
function survives(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    expect(error).to.have.property("type", "encode_failed");
  }
}

const GOOD = writeFragment({
  sequence: 1, trackId: 1, baseDecodeTime: 90_000, data: [Buffer.from("abcdefg")],
  samples: [{ size: 3, duration: 3000, compositionOffset: 6000, isKey: true }, { size: 4, duration: 3000, compositionOffset: 6000, isKey: false }],
});

describe("fragment", () => {
  it("is read as it was written", () => {
    fc.assert(fc.property(fragments, (fragment) => {
      const { data, ...header } = fragment;
      const read = readFragment(writeFragment(fragment));
      expect(Buffer.concat(read.data).equals(Buffer.concat(data))).to.equal(true);
      expect(read.data.map((bytes) => bytes.length)).to.deep.equal(data.map((bytes) => bytes.length));
      const { data: _, ...readHeader } = read;
      expect(readHeader).to.deep.equal(header);
    }));
  });

  it("says what samples share once", () => {
    const samples = Array.from({ length: 100 }, (_, index) => ({ size: 1, duration: 1001, compositionOffset: 0, isKey: index === 0 }));
    const bytes = writeFragment({ sequence: 1, trackId: 1, baseDecodeTime: 0, samples, data: [Buffer.alloc(100)] });
    expect(bytes.length).to.be.lessThan(100 + 150);
  });

  it("is refused when data and sizes differ, numbers do not fit, or there are no samples", () => {
    const sample = { size: 3, duration: 1, compositionOffset: 0, isKey: true };
    const base = { sequence: 1, trackId: 1, baseDecodeTime: 0, samples: [sample], data: [Buffer.alloc(3)] };
    for (const wrong of [{ data: [Buffer.alloc(2)] }, { baseDecodeTime: -1 }, { baseDecodeTime: 0.5 }, { samples: [], data: [] },
      { samples: [{ ...sample, duration: 2 ** 32 }] }, { samples: [{ ...sample, compositionOffset: 2 ** 31 }, { ...sample, size: 0 }] }]) {
      expect(() => writeFragment({ ...base, ...wrong })).to.throw().with.property("type", "encode_failed");
    }
  });

  it("survives hostile bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => survives(() => readFragment(bytes))));
    const broken = fc.tuple(fc.array(fc.tuple(fc.nat(GOOD.length - 1), fc.nat(255)), { maxLength: 8 }), fc.nat(GOOD.length));
    fc.assert(fc.property(broken, ([changes, length]) => {
      const bytes = Buffer.from(GOOD.subarray(0, length === 0 ? GOOD.length : length));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      survives(() => readFragment(bytes));
      survives(() => readFragments(bytes));
      survives(() => { const splitter = createFragmentSplitter(1000); splitter.push(bytes); splitter.end(); });
      survives(() => selectTrack(bytes, 1, 1));
    }), { numRuns: 1000 });
  });

  it("never makes four thousand million samples of a few bytes", () => {
    const tfhd = fullBox("tfhd", 0, 0x20038, u32(1, 1, 0, 0));
    const runs = Array.from({ length: 50 }, () => fullBox("trun", 0, 0, u32(0xffffffff)));
    const bytes = Buffer.concat([box("moof", fullBox("mfhd", 0, 0, u32(1)), box("traf", tfhd, fullBox("tfdt", 1, 0, u64(0)), ...runs)), box("mdat")]);
    expect(() => readFragment(bytes)).to.throw("more samples than it can hold");
  });
});

describe("fragment splitter", () => {
  const init = writeInit({ kind: "audio", codec: "opus", timescale: 48_000, sampleRate: 48_000, channels: 2 });
  const output = Buffer.concat([init, GOOD, box("styp", Buffer.from("msdh")), GOOD, box("mfra", Buffer.alloc(30))]);

  it("gives the same whatever the chunks", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      const splitter = createFragmentSplitter(10_000);
      const events = [];
      for (let at = 0, turn = 0; at < output.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        events.push(...splitter.push(output.subarray(at, at + size)));
        at += size;
      }
      splitter.end();
      expect(events.map((event) => event.kind)).to.deep.equal(["init", "fragment", "fragment"]);
      expect(events[0]?.bytes.equals(init)).to.equal(true);
      expect(events[1]?.bytes.equals(GOOD) && events[2]?.bytes.equals(GOOD)).to.equal(true);
    }));
  });

  it("gives a fragment with the chunk that completes it", () => {
    const splitter = createFragmentSplitter(10_000);
    splitter.push(init);
    expect(splitter.push(GOOD.subarray(0, -1))).to.deep.equal([]);
    expect(splitter.push(GOOD.subarray(-1)).map((event) => event.kind)).to.deep.equal(["fragment"]);
  });

  it("refuses a box over the limit at once, and an output that stops half-way", () => {
    expect(() => createFragmentSplitter(1000).push(Buffer.concat([u32(5000), Buffer.from("moof")]))).to.throw("larger than is allowed");
    expect(() => createFragmentSplitter(1000).push(Buffer.concat([u32(0), Buffer.from("mdat")]))).to.throw("has no end");
    const splitter = createFragmentSplitter(10_000);
    splitter.push(output.subarray(0, init.length + 20));
    expect(() => splitter.end()).to.throw("stops in the middle");
  });
});

describe("slicing audio", () => {
  it("counts frames across fragments", () => {
    const slice = sliceAudio([GOOD, GOOD], { dropFrames: 1, frames: 2, frameDuration: 1024, baseDecodeTime: 4096, sequence: 3 });
    const read = readFragment(slice);
    expect(Buffer.concat(read.data).toString()).to.equal("defgabc");
    expect(read.samples).to.deep.equal([{ size: 4, duration: 1024, compositionOffset: 0, isKey: true }, { size: 3, duration: 1024, compositionOffset: 0, isKey: true }]);
  });

  it("fails when there are too few", () => {
    expect(() => sliceAudio([GOOD], { dropFrames: 1, frames: 2, frameDuration: 1024, baseDecodeTime: 0, sequence: 3 })).to.throw("too short");
  });
});

describe("init segment", () => {
  const init = writeInit({ kind: "video", codec: "vp9", codecString: "vp09.00.10.08", timescale: 30_000, width: 320, height: 180, displayWidth: 180, displayHeight: 320, rotation: 90, editStart: 2002 });

  it("says the timescale and takes another edit list", () => {
    expect(readTimescale(init)).to.equal(30_000);
    const moved = selectTrack(init, 1, 500);
    expect(moved.length).to.equal(init.length);
    expect(selectTrack(moved, 1, 2002).equals(init)).to.equal(true);
    expect(selectTrack(init, 1, 0).includes("elst")).to.equal(false);
    expect(() => selectTrack(init, 2, 0)).to.throw("no such track").with.property("type", "encode_failed");
  });

  it("is refused without what its codec needs", () => {
    const video = { kind: "video", timescale: 1, width: 2, height: 2, displayWidth: 2, displayHeight: 2, rotation: 0 } as const;
    const audio = { kind: "audio", timescale: 1, sampleRate: 48_000, channels: 6 } as const;
    for (const track of [{ ...video, codec: "h264" }, { ...video, codec: "hevc", configuration: new Uint8Array() }, { ...video, codec: "vp9", codecString: "vp09.x" },
      { ...video, codec: "av1", codecString: "av01.0" }, { ...audio, codec: "aac" }, { ...audio, codec: "opus" }, { ...audio, codec: "opus", configuration: Buffer.alloc(30) },
      { ...audio, codec: "flac", configuration: Buffer.alloc(8) }] as const) {
      expect(() => writeInit(track)).to.throw().with.property("type", "not_media");
    }
  });
});
