import { expect } from "chai";
import { hasIndexFirst } from "../../../../media/mp4/index-first.ts";

/** The same for pages; written in JavaScript, because browsers read it as it is. */
interface Page { hasIndexFirst(file: Blob): Promise<boolean> }

const { hasIndexFirst: pageHasIndexFirst } = await import(new URL("../../../../web/index-first.js", import.meta.url).href) as Page;

const box = (type: string, bytes = 8, size = bytes + 8): Buffer => {
  const made = Buffer.alloc(bytes + 8);
  made.writeUInt32BE(size);
  made.write(type, 4, "latin1");
  return made;
};
const large = (type: string, bytes: number): Buffer => {
  const made = box(type, bytes + 8, 1);
  made.writeBigUInt64BE(BigInt(bytes + 16), 8);
  return made;
};

describe("an MP4 that plays while it is sent", () => {
  for (const [what, boxes, expected] of [
    ["has its index before its pictures", [box("ftyp"), box("free"), box("moov"), box("mdat")], true],
    ["may have a box of a large size before it", [box("ftyp"), large("free", 100), box("moov"), box("mdat")], true],
    ["does not have its index last", [box("ftyp"), box("mdat", 50), box("moov")], false],
    ["is an MP4", [box("moov"), box("mdat")], false],
    ["is not cut before its index", [box("ftyp"), box("free", 100, 4_000)], false],
    ["has boxes that have a size", [box("ftyp"), box("free", 8, 0), box("moov")], false],
    ["has a beginning", [], false],
  ] as const) {
    it(what, async () => {
      const bytes = Buffer.concat(boxes);
      expect(await hasIndexFirst(async (start, end) => bytes.subarray(start, end), bytes.length)).to.equal(expected);
      expect(await pageHasIndexFirst(new Blob([bytes])), "on a page").to.equal(expected);
    });
  }

  it("does not take for ever to find", async () => {
    let reads = 0;
    const endless = async (): Promise<Buffer> => (reads++ === 0 ? box("ftyp") : box("free"));
    expect(await hasIndexFirst(endless, Number.MAX_SAFE_INTEGER)).to.equal(false);
    expect(reads).to.be.below(50);
  });
});
