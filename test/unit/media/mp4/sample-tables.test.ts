import { expect } from "chai";
import * as fc from "fast-check";
import { box, fullBox, i32, u16, u32 } from "../../../../media/cmaf/boxes.ts";
import type { Movie } from "../../../../media/mp4/movie.ts";
import { readSampleTables, type SampleTable } from "../../../../media/mp4/sample-tables.ts";
import { writeIndex } from "../../../support/mp4-index.ts";
import { presentationOrder } from "../../../../media/mp4/sample-times.ts";

interface Track { offsets: readonly number[]; keys?: readonly number[]; matrix?: readonly number[]; handler?: string; size?: number; entries?: number; ticks?: number }

/** The body of a moov with one track of 1,000 ticks a second, a sample every 10 or so many; `offsets` are its composition offsets. */
function writeMovie({ offsets, keys = [1], matrix = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000], handler = "vide", size = 0, entries = 1, ticks = 10 }: Track): Movie {
  const count = offsets.length;
  const stbl = box("stbl",
    fullBox("stsd", 0, 0, u32(entries), ...Array.from({ length: entries }, () => box("zzzz", Buffer.alloc(78)))),
    fullBox("stts", 0, 0, u32(1, count, ticks)),
    fullBox("ctts", 1, 0, u32(count), ...offsets.flatMap((offset) => [u32(1), i32(offset)])),
    fullBox("stss", 0, 0, u32(keys.length, ...keys)),
    fullBox("stsc", 0, 0, u32(1, 1, count, 1)),
    fullBox("stsz", 0, 0, u32(size, count, ...(size === 0 ? offsets.map(() => 5) : []))),
    fullBox("stco", 0, 0, u32(1, 100)));
  const bytes = Buffer.concat([
    fullBox("mvhd", 0, 0, u32(0, 0, 1_000, 0)),
    box("trak",
      fullBox("tkhd", 0, 3, u32(0, 0, 7, 0, 0, 0, 0), u16(0, 0, 0, 0), i32(...matrix), u32(0, 0)),
      box("mdia", fullBox("mdhd", 0, 0, u32(0, 0, 1_000, 0)), fullBox("hdlr", 0, 0, u32(0), Buffer.from(handler, "latin1")), box("minf", stbl))),
  ]);
  return { bytes, holes: [] };
}

function tableOf(track: Track): SampleTable {
  const table = readSampleTables(writeMovie(track)).get(7);
  if (table === undefined) throw new Error("no table");
  return table;
}

describe("times of a sample table", () => {
  it("are those of the file where they can be", () => {
    expect([...tableOf({ offsets: [10, 30, 0, 10] }).pts]).to.deep.equal([10, 40, 20, 40 + 1].map((time, i) => (i === 3 ? 41 : time)));
    expect([...tableOf({ offsets: [10, 20, 0, 10] }).pts]).to.deep.equal([10, 30, 20, 40]);
  });

  it("move a frame that lies on top of another by a tick", () => {
    expect([...tableOf({ offsets: [0, -10, -20, 0] }).pts]).to.deep.equal([0, 1, 2, 30]);
  });

  it("move a group of pictures behind all that is decoded before it, and the next as little as that takes", () => {
    // The second key frame's clock was set back by 20.
    const { pts } = tableOf({ offsets: [0, 0, 0, -20, -20, -20, -20], keys: [1, 4, 6] });
    expect([...pts]).to.deep.equal([0, 10, 20, 21, 31, 32, 42]);
  });

  it("leave open groups of pictures as they are: frames behind a key frame that are shown before it", () => {
    expect([...tableOf({ offsets: [0, 20, 0, -10, 10], keys: [1, 2] }).pts]).to.deep.equal([0, 30, 20, 21, 50].map((time, i) => (i === 3 ? 21 : time)));
  });

  it("always ascend in order of presentation", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 1, maxLength: 60 }), fc.array(fc.nat(59), { maxLength: 8 }), (offsets, marks) => {
      const keys = [...new Set([0, ...marks.filter((mark) => mark < offsets.length)])].toSorted((a, b) => a - b).map((key) => key + 1);
      const { pts, count } = tableOf({ offsets, keys });
      expect(count).to.equal(offsets.length);
      const order = [...presentationOrder(pts)];
      expect(order.toSorted((a, b) => a - b)).to.deep.equal(offsets.map((_, i) => i));
      order.forEach((sample, i) => { if (i > 0) expect(pts[sample]).to.be.greaterThan(pts[order[i - 1] ?? 0] ?? Infinity); });
    }));
  });
});

describe("order of presentation", () => {
  it("is found also where all of it is upside down, in no time", () => {
    const times = Float64Array.from({ length: 200_000 }, (_, i) => -i);
    const order = presentationOrder(times);
    expect([order[0], order[1], order.at(-1)]).to.deep.equal([199_999, 199_998, 0]);
  });
});

describe("orientation of a track", () => {
  const orientation = (a: number, b: number, c: number, d: number): object => tableOf({ offsets: [0], matrix: [a * 0x10000, b * 0x10000, 0, c * 0x10000, d * 0x10000, 0, 0, 0, 0x40000000] }).orientation;

  it("is a quarter turn, clockwise, mirrored before or not", () => {
    expect(orientation(1, 0, 0, 1)).to.deep.equal({ mirrored: false, rotation: 0 });
    expect(orientation(0, 1, -1, 0)).to.deep.equal({ mirrored: false, rotation: 90 });
    expect(orientation(-1, 0, 0, -1)).to.deep.equal({ mirrored: false, rotation: 180 });
    expect(orientation(0, -1, 1, 0)).to.deep.equal({ mirrored: false, rotation: 270 });
    expect(orientation(-1, 0, 0, 1)).to.deep.equal({ mirrored: true, rotation: 0 });
    expect(orientation(1, 0, 0, -1)).to.deep.equal({ mirrored: true, rotation: 180 });
  });

  it("is none for a matrix that says nothing", () => {
    expect(orientation(0, 0, 0, 0)).to.deep.equal({ mirrored: false, rotation: 0 });
  });
});

describe("sizes that are all the same", () => {
  it("are those of pictures, and of sound in frames; a tick each they are of sound without", () => {
    expect([...tableOf({ offsets: [0, 0], size: 9 }).sizes]).to.deep.equal([9, 9]);
    expect([...tableOf({ offsets: [0, 0], size: 9, ticks: 1 }).sizes]).to.deep.equal([9, 9]);
    expect([...tableOf({ offsets: [0, 0], size: 9, handler: "soun" }).sizes]).to.deep.equal([9, 9]);
    expect(readSampleTables(writeMovie({ offsets: [0, 0], size: 9, ticks: 1, handler: "soun" })).size).to.equal(0);
  });
});

describe("a hole in an index", () => {
  it("may hide where samples are, and nothing else", () => {
    const each = Array.from({ length: 100 }, () => 1);
    const { movie } = writeIndex([{ id: 7, handler: "vide", sizes: each, chunks: each, offsets: each, keys: [1] }], 0);
    const holeAt = (type: string, from: number, to: number): Movie => ({ bytes: movie, holes: [{ start: movie.indexOf(type) + 4 + from, end: movie.indexOf(type) + 4 + to }] });
    expect(readSampleTables(holeAt("stsz", 100, 200)).get(7)).to.deep.include({ count: 100, loaded: 22 });
    expect(readSampleTables(holeAt("stco", 100, 200)).get(7)).to.deep.include({ count: 100, loaded: 23 });
    for (const type of ["stsd", "stts", "ctts", "stss"]) expect(readSampleTables(holeAt(type, 8, 12)).size, type).to.equal(0);
  });
});

describe("sample entries", () => {
  it("are kept as they are, and only where there is one", () => {
    expect(Buffer.from(tableOf({ offsets: [0] }).sampleEntry).toString("latin1", 4, 8)).to.equal("zzzz");
    expect(readSampleTables(writeMovie({ offsets: [0], entries: 2 })).size).to.equal(0);
  });
});
