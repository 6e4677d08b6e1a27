import { expect } from "chai";
import * as fc from "fast-check";
import { findBoxLayout, type BoxLayout } from "../../../../services/validator/box-layout.ts";

const box = (type: string, body = 0, length = body + 8): Buffer => {
  const bytes = Buffer.alloc(8 + body);
  bytes.writeUInt32BE(length, 0);
  bytes.write(type, 4, "latin1");
  return bytes;
};
const longBox = (type: string, body: number, length = BigInt(body + 16)): Buffer => {
  const bytes = Buffer.alloc(16 + body);
  bytes.writeUInt32BE(1, 0);
  bytes.write(type, 4, "latin1");
  bytes.writeBigUInt64BE(length, 8);
  return bytes;
};

/** Walks over `bytes`; `claimed` is the size that the source is said to have. */
async function layout(bytes: Uint8Array, claimed = bytes.byteLength): Promise<BoxLayout> {
  let reads = 0;
  const result = await findBoxLayout(async (start, end) => {
    if (++reads > 20_000) throw new Error("does not end");
    expect(start).to.be.at.least(0);
    expect(end).to.be.at.least(start).and.at.most(claimed);
    return bytes.subarray(start, end);
  }, claimed);
  return result;
}

describe("box layout", () => {
  it("is whole when the boxes fill the file and there is an index", async () => {
    expect(await layout(Buffer.concat([box("ftyp", 16), box("mdat", 100), box("moov", 50)]))).to.equal("whole");
    expect(await layout(Buffer.concat([box("ftyp", 16), box("moof", 50), box("mdat", 7)]))).to.equal("whole");
    expect(await layout(Buffer.concat([box("moov", 8), longBox("mdat", 33)]))).to.equal("whole");
    expect(await layout(Buffer.concat([box("moov", 8), box("mdat", 33, 0)]))).to.equal("whole");
  });

  it("is incomplete when the file ends before a box does, or before its index", async () => {
    const file = Buffer.concat([box("ftyp", 16), box("moov", 50), box("mdat", 100)]);
    for (let length = 1; length < file.length; length++) {
      const atBoundary = length === 24 + 58;
      expect(await layout(file.subarray(0, length)), String(length)).to.equal(atBoundary ? "whole" : "incomplete");
    }
    expect(await layout(Buffer.concat([box("ftyp", 16), box("mdat", 100)]))).to.equal("incomplete");
    expect(await layout(box("mdat", 33, 0))).to.equal("incomplete");
  });

  it("is damaged where a box has an impossible length or type", async () => {
    expect(await layout(Buffer.concat([box("moov", 8), box("mdat", 8, 7)]))).to.equal("damaged");
    expect(await layout(Buffer.concat([box("moov", 8), box("\0\0\0\0", 8)]))).to.equal("damaged");
    expect(await layout(Buffer.concat([box("ftyp", 8), longBox("moov", 8, 2n ** 63n - 1n)]))).to.equal("damaged");
    expect(await layout(Buffer.concat([box("ftyp", 8), longBox("moov", 8, 4n)]))).to.equal("damaged");
  });

  it("is damaged, not endless, for a file of countless boxes", async () => {
    expect(await layout(Buffer.concat(Array.from({ length: 12_000 }, () => box("free"))))).to.equal("damaged");
  });

  it("is encrypted when its index has a protected track", async () => {
    for (const entry of ["encv", "enca"]) {
      const moov = box("moov", 40);
      moov.write(entry, 20, "latin1");
      expect(await layout(Buffer.concat([box("ftyp", 8), moov, box("mdat", 8)])), entry).to.equal("encrypted");
    }
  });

  it("is incomplete when the source gives less than it said", async () => {
    expect(await layout(Buffer.concat([box("ftyp", 8), box("moov", 8)]), 1_000)).to.equal("incomplete");
  });

  it("is found of any bytes, without a fault and without end", async () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.oneof(fc.tuple(fc.constantFrom("ftyp", "moov", "mdat", "free"), fc.nat(40), fc.nat(60)).map(([type, body, length]) => box(type, body, length)), fc.tuple(fc.constantFrom("moov", "mdat"), fc.nat(20), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(([type, body, length]) => longBox(type, body, length))), { maxLength: 12 }).map((boxes) => Buffer.concat(boxes)),
    );
    await fc.assert(fc.asyncProperty(any, async (bytes) => {
      expect(await layout(bytes)).to.be.oneOf(["whole", "incomplete", "damaged", "encrypted"]);
    }), { numRuns: 500 });
  });
});
