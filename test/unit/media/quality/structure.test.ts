import { expect } from "chai";
import * as fc from "fast-check";
import { writeFragment, type Sample } from "../../../../media/cmaf/fragment.ts";
import { checkStructure, type Expectation } from "../../../../media/quality/structure.ts";

const REORDER = 20;
/** Four frames of ten ticks from tick 100 on, the second shown last. */
const SAMPLES: Sample[] = [0, 20, -10, -10].map((offset, index) => ({ size: 4, duration: 10, compositionOffset: offset + REORDER, isKey: index === 0 }));
const DATA = SAMPLES.map((_, index) => Buffer.alloc(4, index));
const EXPECTED: Expectation = { kind: "video", start: 100, end: 140, reorderTicks: REORDER, times: [100, 110, 120, 130] };

const write = (samples: readonly Sample[] = SAMPLES, baseDecodeTime = 100, data: readonly Buffer[] = DATA): Buffer => writeFragment({ sequence: 1, trackId: 1, baseDecodeTime, samples, data });
const faults = (bytes: Uint8Array, expected = EXPECTED): string => checkStructure(bytes, expected).findings.map(({ fault }) => fault).join(" ");

describe("the structure of a segment", () => {
  it("is good when its boxes say what the plan and the source say, in one fragment or several", () => {
    expect(checkStructure(write(), EXPECTED)).to.deep.equal({ findings: [], times: [100, 110, 120, 130] });
    const halves = [write(SAMPLES.slice(0, 2), 100, DATA.slice(0, 2)), write(SAMPLES.slice(2), 120, DATA.slice(2))];
    expect(checkStructure(Buffer.concat(halves), EXPECTED)).to.deep.equal({ findings: [], times: [100, 110, 120, 130] });
  });

  it("needs a key frame in front, and no other", () => {
    expect(faults(write(SAMPLES.map((sample) => ({ ...sample, isKey: false }))))).to.equal("key_frame");
    expect(faults(write(SAMPLES.map((sample) => ({ ...sample, isKey: true }))))).to.equal("key_frame");
    expect(faults(write(SAMPLES.map((sample) => ({ ...sample, isKey: true }))), { ...EXPECTED, packets: DATA.map((data) => ({ data, isKey: true })) })).to.equal("");
    expect(faults(write(SAMPLES.map((sample) => ({ ...sample, isKey: true }))), { ...EXPECTED, kind: "audio" })).to.equal("");
  });

  it("has every frame, at its own time to the tick", () => {
    expect(faults(write(SAMPLES.slice(0, 3), 100, DATA.slice(0, 3)))).to.match(/^frame_count decode_times/);
    expect(faults(write(SAMPLES, 101))).to.equal("decode_times presentation_times");
    expect(faults(write(), { ...EXPECTED, times: [100, 110, 121, 130] })).to.equal("presentation_times");
    expect(faults(write(), { ...EXPECTED, end: 150 })).to.equal("decode_times");
    const { times: _, ...unknown } = EXPECTED;
    expect(faults(write(), { ...unknown, frames: 5 })).to.equal("frame_count");
    expect(faults(write(), { ...unknown, frames: 4 })).to.equal("");
    expect(faults(write(SAMPLES.map((sample, index) => (index === 2 ? { ...sample, compositionOffset: REORDER } : sample))), unknown), "two at one time").to.equal("presentation_times");
  });

  it("has no gap between its fragments", () => {
    const gap = Buffer.concat([write(SAMPLES.slice(0, 2), 100, DATA.slice(0, 2)), write(SAMPLES.slice(2), 125, DATA.slice(2))]);
    expect(faults(gap, { ...EXPECTED, end: 145 })).to.contain("decode_times");
  });

  it("has the source's own bytes where it is served as it is", () => {
    const packets = DATA.map((data, index) => ({ data, isKey: index === 0 }));
    expect(faults(write(), { ...EXPECTED, packets })).to.equal("");
    expect(faults(write(), { ...EXPECTED, packets: packets.with(2, { data: Buffer.alloc(4, 9), isKey: false }) })).to.equal("bytes");
  });

  it("answers whatever bytes it is given", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => { expect(faults(bytes)).to.not.equal(""); }));
    fc.assert(fc.property(fc.nat(write().length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = write();
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      checkStructure(damaged, EXPECTED);
    }));
  });
});
