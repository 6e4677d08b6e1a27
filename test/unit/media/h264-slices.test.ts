import { expect } from "chai";
import * as fc from "fast-check";
import { openParameterSets } from "../../../media/h264-slices.ts";
import { removeEmulation, withEmulation } from "../../../media/bits.ts";

/** High, with CABAC, eight bits of frame_num and pic_order_cnt_lsb by type 0, as x264 writes them. */
const AVCC = Buffer.from("AWQADP/hABpnZAAMrNlBQZ+fARAAAAMAEAAAAwMg8UKZYAEABmjr48siwP34+AA=", "base64");
const spsOf = (avcC: Buffer): Buffer => avcC.subarray(8, 8 + avcC.readUInt16BE(6));
const bytesOf = (bits: string): Buffer => Buffer.from((bits + "0".repeat((8 - (bits.length % 8)) % 8)).match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
const golomb = (value: number): string => { const code = (value + 1).toString(2); return "0".repeat(code.length - 1) + code; };

describe("slice header", () => {
  it("ends where its last field does", () => {
    const sets = openParameterSets(AVCC);
    // IDR: first_mb 0, type I (7), PPS 0, frame_num, idr_pic_id 0, pic_order_cnt_lsb, two flags of marking, slice_qp_delta, deblocking
    const intra = (lsb: number): string => ["01100101", golomb(0), golomb(7), golomb(0), "0".repeat(4), golomb(0), "0".repeat(lsb), "00", golomb(4), golomb(1)].join("");
    const header = intra(6);
    expect(sets.sliceHeaderBytes(Buffer.concat([bytesOf(header), Buffer.alloc(100, 0xff)]))).to.equal(Math.ceil(header.length / 8));
  });

  it("counts the bytes that stand in for others", () => {
    const unit = Buffer.from("650000030000030001", "hex");
    expect(removeEmulation(unit).length).to.equal(7);
    expect([1, 3, 4, 5, 7].map((count) => withEmulation(unit, count))).to.deep.equal([1, 3, 5, 6, 9]);
  });

  it("of a unit without parameter sets, or of slice groups, is not known", () => {
    expect(openParameterSets(Buffer.alloc(0)).sliceHeaderBytes(Buffer.alloc(100, 0x65))).to.equal(undefined);
    const groups = openParameterSets(Buffer.concat([AVCC.subarray(0, 8 + spsOf(AVCC).length), Buffer.of(0)]));
    groups.note(bytesOf(`01101000${golomb(0)}${golomb(0)}00${golomb(1)}`));
    expect(groups.sliceHeaderBytes(Buffer.alloc(100, 0x65))).to.equal(undefined);
  });

  it("is looked for in damaged units and sets without an error, and never beyond their end", () => {
    const hostile = fc.uint8Array({ maxLength: 300 });
    fc.assert(fc.property(hostile, fc.array(hostile, { maxLength: 4 }), fc.boolean(), fc.uint8Array({ minLength: 1, maxLength: 200 }), (noise, notes, fromGood, slice) => {
      const sets = openParameterSets(fromGood ? AVCC : noise);
      for (const note of notes) sets.note(note);
      for (const type of [7, 8]) for (const note of notes) sets.note(Buffer.concat([Buffer.of(0x60 + type), note]));
      for (const type of [0x01, 0x41, 0x65]) {
        const unit = Buffer.concat([Buffer.of(type), slice]);
        const found = sets.sliceHeaderBytes(unit);
        if (found !== undefined) expect(found).to.be.within(1, unit.length);
      }
    }), { numRuns: 500 });
  });
});
