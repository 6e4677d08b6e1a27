import { expect } from "chai";
import * as fc from "fast-check";
import { readFragments } from "../../../media/cmaf/fragment.ts";
import { createRetimer, MAX_CHUNKS, type EncodedFrame } from "../../../media/cmaf/retimer.ts";
import { timeSamples } from "../../../media/cmaf/samples.ts";
import { createSegmenter } from "../../../media/cmaf/segmenter.ts";

/** Presentation times in decode order, with the decode times that an encoder would give: each at most its frame's own. */
function frames(presentationTimes: readonly number[], extraDelay = 0): EncodedFrame[] {
  let bound = Infinity;
  const decodeTimes = presentationTimes.toReversed().map((time) => (bound = Math.min(time - extraDelay, bound - 1))).toReversed();
  return presentationTimes.map((presentationTime, index) => ({ presentationTime, decodeTime: decodeTimes[index] ?? 0, isKey: index === 0, data: Buffer.from(`frame ${index};`) }));
}

/** Of a closed group of pictures: a first frame before all others, which come in mini-groups, each shuffled. */
const groups = fc.record({
  gaps: fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 60 }),
  sizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 60 }),
  order: fc.array(fc.nat(1000), { minLength: 60, maxLength: 60 }),
  first: fc.integer({ min: -5000, max: 5_000_000 }),
  tail: fc.integer({ min: 1, max: 5000 }),
}).map(({ gaps, sizes, order, first, tail }) => {
  const shown = gaps.reduce((times, gap) => [...times, (times.at(-1) ?? 0) + gap], [first]);
  const times = [first];
  for (let at = 1, turn = 0; at < shown.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    const group = shown.slice(at, at + size);
    times.push(...group.map((time, i) => ({ time, rank: order[at + i] ?? 0 })).toSorted((a, b) => a.rank - b.rank).map(({ time }) => time));
    at += size;
  }
  return { times, end: (shown.at(-1) ?? 0) + tail };
});

describe("retimer", () => {
  it("says in chunks what one fragment of the whole segment would say, whatever the order, the rate and the cuts", () => {
    const cases = fc.tuple(groups, fc.nat(9000), fc.nat(3000), fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 30 }), fc.nat(1_000_000));
    fc.assert(fc.property(cases, ([{ times, end }, reorderTicks, extraDelay, cuts, start]) => {
      const moved = start - Math.min(...times);
      const whole = timeSamples(times.map((time) => time + moved), end + moved, reorderTicks);
      const retimer = createRetimer({ start, end: end + moved, reorderTicks, sequence: 41, trackId: 7 });
      const all = frames(times, extraDelay);
      const chunks: Buffer[] = [];
      for (let at = 0, turn = 0; at < all.length; turn++) {
        const chunk = retimer.push(all.slice(at, at + (cuts[turn % cuts.length] ?? 1)));
        if (chunk !== undefined) chunks.push(chunk);
        at += cuts[turn % cuts.length] ?? 1;
      }
      chunks.push(retimer.end());
      const read = readFragments(Buffer.concat(chunks));
      expect(read.map(({ sequence, trackId }) => [sequence, trackId])).to.deep.equal(read.map((_, index) => [41 + index, 7]));
      let decodeTime = whole.baseDecodeTime;
      for (const { baseDecodeTime, samples } of read) {
        expect(baseDecodeTime).to.equal(decodeTime);
        decodeTime = samples.reduce((time, { duration }) => time + duration, decodeTime);
      }
      expect(read.flatMap(({ samples }) => samples.map(({ duration, compositionOffset }) => ({ duration, compositionOffset })))).to.deep.equal(whole.timings);
      expect(read.flatMap(({ data }) => data.map(String))).to.deep.equal(all.map(({ data }) => String(data)));
      expect(read.flatMap(({ samples }) => samples.map(({ isKey }) => isKey))).to.deep.equal(all.map(({ isKey }) => isKey));
    }), { numRuns: 500 });
  });

  it("holds back three frames of an encoder that reorders by two", () => {
    const shown = [0, 400, 200, 100, 300, 800, 600, 500, 700, 1200, 1000, 900, 1100];
    const decoded = shown.map((_, index) => (index - 2) * 100);
    const retimer = createRetimer({ start: 0, end: 1300, reorderTicks: 200, sequence: 1, trackId: 1 });
    const chunk = retimer.push(shown.map((presentationTime, index) => ({ presentationTime, decodeTime: decoded[index] ?? 0, isKey: index === 0, data: Buffer.alloc(1) })));
    expect(readFragments(chunk ?? Buffer.alloc(0)).flatMap(({ samples }) => samples)).to.have.lengthOf(shown.length - 3);
  });

  it("refuses what is not a segment of an encoder", () => {
    const params = { start: 0, end: 1000, reorderTicks: 0, sequence: 1, trackId: 1 };
    const frame = (presentationTime: number, decodeTime: number, isKey = false): EncodedFrame => ({ presentationTime, decodeTime, isKey, data: Buffer.alloc(1) });
    expect(() => createRetimer(params).push([frame(0, 0)])).to.throw("key frame").with.property("type", "encode_failed");
    expect(() => createRetimer(params).push([frame(0, 0, true), frame(100, 0)])).to.throw("do not ascend").with.property("type", "encode_failed");
    expect(() => createRetimer(params).end()).to.throw("no packets").with.property("type", "encode_failed");
    const late = createRetimer(params);
    late.push([frame(0, 0, true), frame(1100, 1100)]);
    expect(() => late.end()).to.throw("behind the segment's end").with.property("type", "encode_failed");
    const liar = createRetimer(params);
    expect(liar.push([0, 100, 200, 300].map((time) => frame(time, time, time === 0)))).to.not.equal(undefined);
    // Among frames that are written.
    expect(() => liar.push([frame(150, 400)])).to.throw("before it decodes it").with.property("type", "encode_failed");
  });
});

describe("segmenter", () => {
  const boundaries = [0, 200, 400, 600];
  const frame = (time: number, isKey: boolean): EncodedFrame => ({ presentationTime: time, decodeTime: time, isKey, data: Buffer.from(String(time)) });
  const params = { boundaries, first: 1, last: 2, reorderTicks: 0, trackId: 1 };

  it("begins a segment at each key frame, wherever fragments begin", () => {
    const segmenter = createSegmenter(params);
    const events = [segmenter.push([frame(0, true), frame(100, false), frame(200, true)]), segmenter.push([frame(300, false)]), segmenter.end()].flat();
    expect(events.filter(({ kind }) => kind === "end").map(({ segment }) => segment)).to.deep.equal([1, 2]);
    const media = (wanted: number) => readFragments(Buffer.concat(events.flatMap((event) => (event.kind === "chunk" && event.segment === wanted ? [event.bytes] : []))));
    expect([1, 2].map((segment) => media(segment)[0]?.baseDecodeTime)).to.deep.equal([200, 400]);
    expect([1, 2].map((segment) => Buffer.concat(media(segment).flatMap(({ data }) => data)).toString())).to.deep.equal(["0100", "200300"]);
    expect([1, 2].map((segment) => media(segment)[0]?.sequence)).to.deep.equal([MAX_CHUNKS + 1, 2 * MAX_CHUNKS + 1]);
  });

  it("refuses more segments, and fewer", () => {
    const more = createSegmenter(params);
    expect(() => more.push([0, 1, 2].map((time) => frame(time * 200, true)))).to.throw("more segments").with.property("type", "encode_failed");
    const fewer = createSegmenter(params);
    fewer.push([frame(0, true)]);
    expect(() => fewer.end()).to.throw("1 of 2").with.property("type", "encode_failed");
    expect(() => createSegmenter(params).push([frame(0, false)])).to.throw("key frame").with.property("type", "encode_failed");
  });
});
