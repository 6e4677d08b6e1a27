import { expect } from "chai";
import { parseByteRange } from "../../../../services/gateway/byte-range.ts";

describe("a byte range", () => {
  it("is clamped to what there is", () => {
    expect(parseByteRange("bytes=0-0", 10)).to.deep.equal({ start: 0, end: 1 });
    expect(parseByteRange("bytes=3-", 10)).to.deep.equal({ start: 3, end: 10 });
    expect(parseByteRange("bytes=3-99", 10)).to.deep.equal({ start: 3, end: 10 });
    expect(parseByteRange("bytes=-4", 10)).to.deep.equal({ start: 6, end: 10 });
    expect(parseByteRange("bytes=-40", 10)).to.deep.equal({ start: 0, end: 10 });
  });

  it("beyond the end is unsatisfiable", () => {
    for (const header of ["bytes=10-", "bytes=10-11", "bytes=-0"]) expect(parseByteRange(header, 10), header).to.equal("unsatisfiable");
  });

  it("that is none, or several, is not there", () => {
    for (const header of [undefined, "", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b"]) expect(parseByteRange(header, 10), String(header)).to.equal(undefined);
  });
});
