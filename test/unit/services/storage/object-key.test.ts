import { join } from "node:path";
import { expect } from "chai";
import { array, assert, property, string } from "fast-check";
import { checkFolder, checkKey, checkPrefix, compareKeys } from "../../../../services/storage/object-key.ts";

const accepts = (check: (text: string) => void, text: string): boolean => {
  try {
    check(text);
    return true;
  } catch {
    return false;
  }
};

describe("object keys", () => {
  it("are plain paths", () => {
    for (const key of ["a", "videos/01arz/record.json", "a b/ü", "a..b/c.", "~a/-b/_c", "k".repeat(255)]) expect(accepts(checkKey, key), key).to.equal(true);
  });

  it("never climb, hide, or carry what a store could misread", () => {
    for (const key of ["", "/", "a/", "/a", "a//b", "..", "../a", "a/..", "a/.", ".tmp/a", "a/.b", "a\\b", "a\0", "a\u0085", "\ud800", "\udc00a", "a\uffff"]) {
      expect(accepts(checkKey, key), JSON.stringify(key)).to.equal(false);
    }
  });

  it("have bounded length, in bytes", () => {
    expect(accepts(checkKey, "é".repeat(127))).to.equal(true);
    expect(accepts(checkKey, "é".repeat(128))).to.equal(false);
    const parts = `${"n".repeat(200)}/`.repeat(5);
    expect(accepts(checkKey, `${parts}${"n".repeat(1024 - parts.length)}`)).to.equal(true);
    expect(accepts(checkKey, `${parts}${"n".repeat(1025 - parts.length)}`)).to.equal(false);
  });

  it("begin with prefixes, which may be nothing, a folder, or the start of a name", () => {
    for (const prefix of ["", "a", "a/", "a/b"]) expect(accepts(checkPrefix, prefix), prefix).to.equal(true);
    for (const prefix of ["/", "a//", "../", "a/../", "a/."]) expect(accepts(checkPrefix, prefix), prefix).to.equal(false);
  });

  it("lie in folders, which end with a slash", () => {
    for (const folder of ["a/", "a/b/"]) expect(accepts(checkFolder, folder), folder).to.equal(true);
    for (const folder of ["", "/", "a", "a//", "../"]) expect(accepts(checkFolder, folder), folder).to.equal(false);
  });

  it("that are accepted stay below any root they are joined to", () => {
    assert(property(string({ unit: "binary" }), (key) => !accepts(checkKey, key) || join("/store", key) === `/store/${key}`));
  });

  it("sort by their UTF-8 bytes", () => {
    assert(property(array(string({ unit: "binary" })), (keys) => {
      const byBytes = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect([...keys].sort(compareKeys)).to.deep.equal(byBytes);
    }));
    expect(compareKeys("\uFFFD", "\u{10000}")).to.be.lessThan(0);
  });
});
