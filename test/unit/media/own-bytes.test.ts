import { expect } from "chai";
import { ownBytes } from "../../../media/own-bytes.ts";

describe("own bytes", () => {
  it("hold on to no memory but their own", () => {
    for (const shared of [Buffer.from("an init segment"), Buffer.concat([Buffer.from("ft"), Buffer.from("yp")]), new Uint8Array(65_536).subarray(100, 200), Buffer.alloc(1_000).subarray(0, 0)]) {
      const own = ownBytes(shared);
      expect(own.buffer.byteLength).to.equal(shared.length);
      expect(own.equals(shared)).to.equal(true);
    }
  });
  it("are not copied where the memory is theirs already, or all but", () => {
    for (const theirs of [new Uint8Array(300_000).fill(7), new Uint8Array(300_000).subarray(0, 200_000)]) expect(ownBytes(theirs).buffer).to.equal(theirs.buffer);
  });
});
