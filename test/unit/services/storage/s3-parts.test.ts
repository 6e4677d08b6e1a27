import { expect } from "chai";
import { array, assert, asyncProperty, integer, uint8Array } from "fast-check";
import { cutParts } from "../../../../services/storage/cut-parts.ts";

async function cut(chunks: readonly Uint8Array[], partBytes: number): Promise<{ bytes: Buffer; last: boolean }[]> {
  const parts: { bytes: Buffer; last: boolean }[] = [];
  for await (const { pieces, last } of cutParts((async function* () { for (const chunk of chunks) yield Buffer.from(chunk); })(), partBytes)) parts.push({ bytes: Buffer.concat(pieces), last });
  return parts;
}

describe("parts of an upload", () => {
  it("are all of one length but for the last, which alone is marked, and hold the stream's bytes in order", async () => {
    await assert(asyncProperty(array(uint8Array({ maxLength: 30 }), { maxLength: 10 }), integer({ min: 1, max: 12 }), async (chunks, partBytes) => {
      const whole = Buffer.concat(chunks);
      const parts = await cut(chunks, partBytes);
      expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(whole)).to.equal(true);
      expect(parts.map(({ bytes, last }) => (last ? bytes.length <= partBytes && bytes.length > 0 : bytes.length === partBytes))).to.not.include(false);
      expect(parts.map(({ last }) => last)).to.deep.equal(parts.map((_, i) => i === parts.length - 1));
    }));
  });

  it("are none for an empty stream, and one for a stream of exactly a part", async () => {
    expect(await cut([], 4)).to.deep.equal([]);
    expect(await cut([Buffer.from("abcd")], 4)).to.deep.equal([{ bytes: Buffer.from("abcd"), last: true }]);
  });
});
