import { expect } from "chai";
import * as fc from "fast-check";
import { findCuesPosition, readCues, readTickNs } from "../../../media/matroska/cues.ts";
import { ebml } from "../../support/ebml.ts";

const point = (time: number, ...tracks: number[]): Buffer => ebml(0xbb, Buffer.concat([ebml(0xb3, time), ...tracks.map((track) => ebml(0xb7, Buffer.concat([ebml(0xf7, track), ebml(0xf1, 99)])))]));
const seek = (id: string, position: Uint8Array): Buffer => ebml(0x4dbb, Buffer.concat([ebml(0x53ab, Buffer.from(id, "hex")), ebml(0x53ac, position)]));

describe("cues of Matroska", () => {
  it("are told apart by track", () => {
    const cues = Buffer.concat([point(0, 1, 2), ebml(0xec, "void"), point(40, 1), point(80, 2)]);
    expect(readCues(cues)).to.deep.equal(new Map([[1, [0, 40]], [2, [0, 80]]]));
    expect(readCues(Buffer.alloc(0)).size).to.equal(0);
  });

  it("are found where the file's head says", () => {
    const head = Buffer.concat([seek("1549a966", Uint8Array.of(7)), seek("1c53bb6b", Uint8Array.of(1, 2, 3))]);
    expect(findCuesPosition(head)).to.equal(0x010203);
    expect(findCuesPosition(head.subarray(0, 16))).to.equal(undefined);
  });

  it("count in the file's ticks, a millisecond each unless it says otherwise", () => {
    expect(readTickNs(Buffer.concat([ebml(0x4d80, "muxer"), ebml(0x2ad7b1, Uint8Array.of(0x01, 0x86, 0xa0))]))).to.equal(100_000);
    expect(readTickNs(ebml(0x4d80, "muxer"))).to.equal(1_000_000);
  });

  it("never fail, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      expect([...readCues(buffer).values()].flat().length).to.be.at.most(buffer.length);
      findCuesPosition(buffer);
      readTickNs(buffer);
    }));
  });
});
