import { expect } from "chai";
import * as fc from "fast-check";
import { formatVersion, ifNewHeaders, ifRangeHeaders, isSameVersion, parseVersion, readVersion } from "../../../../services/source/source-version.ts";

const MODIFIED = "Mon, 02 Nov 2026 08:00:00 GMT";

describe("source version", () => {
  it("prefers a strong ETag, then Last-Modified, then a weak ETag, then the size alone", () => {
    expect(formatVersion(readVersion({ etag: '"a b"', "last-modified": MODIFIED }, 10))).to.equal('10 etag "a b"');
    expect(formatVersion(readVersion({ etag: 'W/"a"', "last-modified": MODIFIED }, 10))).to.equal(`10 modified ${MODIFIED}`);
    expect(formatVersion(readVersion({ etag: 'W/"a"' }, 10))).to.equal('10 weak W/"a"');
    expect(formatVersion(readVersion({}, 10))).to.equal("10 none");
  });

  it("does not carry an ETag of unreasonable length", () => {
    expect(readVersion({ etag: `"${"x".repeat(300)}"` }, 1)).to.deep.equal({ size: 1, kind: "none", value: "" });
  });

  it("sends in If-Range only what may stand there", () => {
    expect(ifRangeHeaders(parseVersion('10 etag "a"'))).to.deep.equal({ "if-range": '"a"' });
    expect(ifRangeHeaders(parseVersion(`10 modified ${MODIFIED}`))).to.deep.equal({ "if-range": MODIFIED });
    expect(ifRangeHeaders(parseVersion('10 weak W/"a"'))).to.deep.equal({});
    expect(ifNewHeaders(parseVersion('10 weak W/"a"'))).to.deep.equal({ "if-none-match": 'W/"a"' });
    expect(ifNewHeaders(parseVersion("10 none"))).to.deep.equal({});
  });

  it("notices another validator or size, and forgives a validator that is left out", () => {
    const version = parseVersion('10 etag "a"');
    expect(isSameVersion(version, { etag: '"a"' }, 10)).to.equal(true);
    expect(isSameVersion(version, {}, 10)).to.equal(true);
    expect(isSameVersion(version, { etag: '"b"' }, 10)).to.equal(false);
    expect(isSameVersion(version, { etag: '"a"' }, 11)).to.equal(false);
  });

  it("survives its own text", () => {
    const value = fc.stringMatching(/^"[!#-~]{1,40}"$/);
    fc.assert(fc.property(fc.nat(), value, (size, etag) => {
      const version = { size, kind: "etag" as const, value: etag };
      expect(parseVersion(formatVersion(version))).to.deep.equal(version);
    }));
  });

  it("knows no version by any other text", () => {
    for (const text of ["", "x", "10", "10 colour red", "-1 none", "1e3 none"]) expect(() => parseVersion(text), text).to.throw("no such version");
  });
});
