import { expect } from "chai";
import { finishedPrefix, formatPage, isAfter, pageLimit } from "../../../../services/storage/listing.ts";

describe("a page of a listing", () => {
  it("has at least one line and at most a thousand", () => {
    expect([undefined, 0, -1, 5, 1_000, 10_000].map(pageLimit)).to.deep.equal([1_000, 1, 1, 5, 1_000, 1_000]);
  });

  it("knows the folder that the page before has shown", () => {
    const at = (after: string, prefix = "v/"): string | undefined => finishedPrefix({ prefix, after, delimiter: "/" });
    expect([at("v/a/"), at("v/a/x/y"), at("v/a"), at("u/a/b"), finishedPrefix({ prefix: "v/", after: "v/a/" })]).to.deep.equal(["v/a/", "v/a/", undefined, undefined, undefined]);
  });

  it("goes on after a key, and after all of a folder when it shows folders", () => {
    expect(isAfter("v/a/z", { prefix: "v/", after: "v/a/b" })).to.equal(true);
    expect(isAfter("v/a/z", { prefix: "v/", after: "v/a/b", delimiter: "/" })).to.equal(false);
    expect(isAfter("v/b", { prefix: "v/", after: "v/a/b", delimiter: "/" })).to.equal(true);
    expect(isAfter("v/a", { prefix: "v/", after: "v/a" })).to.equal(false);
    expect(isAfter("v/a", { prefix: "v/" })).to.equal(true);
  });

  it("leaves out objects that are gone by now, and still says where to go on", () => {
    const items = [{ kind: "object", name: "a" }, { kind: "prefix", name: "b/" }, { kind: "object", name: "c" }] as const;
    expect(formatPage(items, new Map([["a", 1]]), true)).to.deep.equal({ objects: [{ key: "a", size: 1 }], prefixes: ["b/"], next: "c" });
    expect(formatPage([], new Map(), false)).to.deep.equal({ objects: [], prefixes: [] });
  });
});
