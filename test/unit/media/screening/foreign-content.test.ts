import { expect } from "chai";
import * as fc from "fast-check";
import { findDeclared } from "../../../../media/screening/declared.ts";
import { findForeign } from "../../../../media/screening/foreign-content.ts";
import { findUnreferenced, type TopBox } from "../../../../media/screening/unreferenced.ts";
import { box, fullBox, u32 } from "../../../../media/cmaf/boxes.ts";

const EICAR = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].join("");
const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => (i * 7919 + (i >> 3)) & 255));

function program(): Buffer {
  const bytes = Buffer.alloc(256);
  bytes.write("MZ", 0, "latin1");
  bytes.writeUInt32LE(128, 60);
  bytes.write("PE\0\0", 128, "latin1");
  return bytes;
}
const zip = Buffer.concat([Buffer.from("PK\x03\x04\x14\0\0\0\x08\0", "latin1"), Buffer.alloc(16), Buffer.from("\x05\0\0\0a.exe", "latin1")]);
const emptyZip = Buffer.concat([Buffer.from("PK\x05\x06", "latin1"), Buffer.alloc(18)]);
const elf = Buffer.concat([Buffer.from("\x7fELF\x02\x01\x01", "latin1"), Buffer.alloc(32)]);

describe("foreign content", () => {
  const cases: [string, Buffer][] = [
    ["the EICAR test string", Buffer.from(EICAR, "latin1")], ["a Windows program", program()], ["a Linux program", elf], ["a ZIP archive", zip], ["a ZIP archive", emptyZip],
    ["a RAR archive", Buffer.from("Rar!\x1a\x07\x01\0", "latin1")], ["a 7z archive", Buffer.from("7z\xbc\xaf\x27\x1c\0\x04", "latin1")], ["a PDF document", Buffer.from("%PDF-1.7\n")],
    ["a web page or script", Buffer.from("<ScRiPt src=x>")], ["a web page or script", Buffer.from("<?php system(1);")],
  ];
  for (const [what, bytes] of cases) {
    it(`finds ${what} of ${bytes.length} bytes, wherever it lies`, () => {
      for (const before of [0, 1, 1_000]) expect(findForeign(Buffer.concat([noise(before), bytes]))).to.deep.equal([{ what, at: before }]);
    });
  }

  it("takes nothing of it for something by its first letters", () => {
    for (const text of ["MZ", "PK\x03\x04", "PK\x05\x06", "\x7fELF", "%PDF", "Rar!", EICAR.slice(0, 40)]) expect(findForeign(Buffer.concat([noise(50), Buffer.from(text, "latin1"), noise(500)])), text).to.deep.equal([]);
  });

  it("never fails, whatever the bytes, and finds nothing in ordinary ones", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(...cases.map(([, bytes]) => bytes)), fc.nat(64), (bytes, seed, cut) => {
      findForeign(Buffer.concat([seed.subarray(0, cut), bytes]));
    }));
    expect(findForeign(noise(1_000_000))).to.deep.equal([]);
  });
});

describe("what was said of a file", () => {
  it("is found where it is no video", () => {
    expect(findDeclared({ name: "/dir/lecture.mp4.EXE" })).to.equal("a name that ends in .exe");
    expect(findDeclared({ name: "lecture.mp4", contentType: "text/html; charset=utf-8" })).to.equal("the type text/html");
    for (const good of [{}, { name: "lecture" }, { name: "a.mp4", contentType: "application/octet-stream" }, { name: "a.ts", contentType: "text/plain" }, { name: "v1.2/watch", contentType: "video/mp4" }]) expect(findDeclared(good)).to.equal(undefined);
  });
});

describe("bytes that nothing refers to", () => {
  /** A track whose chunks lie at these places, of samples of these sizes, one a chunk. */
  const track = (places: readonly number[], sizes: readonly number[]): Buffer => box("trak", box("mdia", box("minf", box("stbl",
    fullBox("stsz", 0, 0, u32(0, sizes.length, ...sizes)), fullBox("stsc", 0, 0, u32(1, 1, 1, 1)), fullBox("stco", 0, 0, u32(places.length, ...places))))));
  const top = (type: string, start: number, end: number): TopBox => ({ type, start, bodyStart: start + 8, end });

  it("are the holes between samples, padding, unknown boxes and what lies behind the last box", () => {
    const boxes = [top("ftyp", 0, 32), top("moov", 32, 100), top("mdat", 100, 408), top("free", 408, 508), top("evil", 508, 600)];
    expect(findUnreferenced(boxes, Buffer.concat([track([108, 308], [100, 100]), track([208], [50])]), 650)).to.deep.equal([
      { start: 258, end: 308 }, { start: 416, end: 508 }, { start: 516, end: 600 }, { start: 600, end: 650 },
    ]);
  });

  it("are none of a file whose samples fill it", () => {
    expect(findUnreferenced([top("ftyp", 0, 32), top("mdat", 32, 240), top("moov", 240, 300)], track([40, 140], [100, 100]), 300)).to.deep.equal([]);
  });

  it("are looked for outside of the media where a file is in fragments", () => {
    expect(findUnreferenced([top("moov", 0, 50), top("moof", 50, 80), top("mdat", 80, 200)], Buffer.alloc(0), 230)).to.deep.equal([{ start: 200, end: 230 }]);
  });

  it("are told of a table that lies about its length without end", () => {
    const lying = box("trak", box("mdia", box("minf", box("stbl", fullBox("stsz", 0, 0, u32(7, 0xffffffff)), fullBox("stsc", 0, 0, u32(0xffffffff, 1, 1, 1)), fullBox("stco", 0, 0, u32(0xffffffff, 40))))));
    expect(findUnreferenced([top("mdat", 32, 240)], lying, 240)).to.deep.equal([{ start: 47, end: 240 }]);
  });
});
