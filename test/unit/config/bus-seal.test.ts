import { expect } from "chai";
import * as fc from "fast-check";
import { busSeal, SEAL_BYTES, SealError } from "../../../config/bus-seal.ts";

const SECRET = "a secret of thirty-two characters";
const DAY_MS = 24 * 3_600_000;
const bytes = Buffer.from("what one node tells another");

describe("a seal of the bus", () => {
  const seal = busSeal(SECRET, "lectern");
  const reader = () => busSeal(SECRET, "lectern");
  const refusal = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      if (error instanceof SealError) return error.message;
      throw error;
    }
    return "opened";
  };

  it("is opened by whoever has the secret, and shows nothing to others", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), fc.constantFrom("REQ", "EVENT"), (given, command) => {
      const sealed = seal.seal(command, given);
      expect(reader().open(command, sealed).equals(Buffer.from(given))).to.equal(true);
      expect(sealed.length).to.equal(given.length + SEAL_BYTES);
    }));
    expect(seal.seal("REQ", bytes).includes(bytes.subarray(0, 8))).to.equal(false);
    expect(seal.seal("REQ", bytes).subarray(17).equals(seal.seal("REQ", bytes).subarray(17))).to.equal(false);
  });

  it("is of one secret, one mesh and one kind of packet", () => {
    const sealed = seal.seal("REQ", bytes);
    for (const other of [busSeal(`${SECRET}.`, "lectern"), busSeal(SECRET, "other")]) expect(refusal(() => other.open("REQ", sealed))).to.equal("is not sealed with this mesh's secret");
    expect(refusal(() => reader().open("EVENT", sealed))).to.equal("is not sealed with this mesh's secret");
    expect(refusal(() => reader().open("REQ", bytes))).to.equal("is not sealed");
    expect(refusal(() => reader().open("REQ", Buffer.alloc(0)))).to.equal("is not sealed");
  });

  it("breaks with any bit", () => {
    const sealed = seal.seal("REQ", bytes);
    fc.assert(fc.property(fc.integer({ min: 0, max: sealed.length * 8 - 1 }), (bit) => {
      const altered = Buffer.from(sealed);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(refusal(() => reader().open("REQ", altered))).to.match(/^is not sealed/);
    }));
  });

  it("is good once, also when others came in between", () => {
    const node = reader();
    const packets = Array.from({ length: 50 }, () => seal.seal("REQ", bytes));
    for (const packet of packets.toReversed()) expect(node.open("REQ", packet).equals(bytes)).to.equal(true);
    for (const packet of packets) expect(refusal(() => node.open("REQ", packet))).to.equal("was seen before");
  });

  it("is not good for ever: who starts later believes nothing that is older than a day", () => {
    const sealed = seal.seal("REQ", bytes);
    const at = (ms: number) => busSeal(SECRET, "lectern", () => Date.now() + ms);
    expect(refusal(() => at(DAY_MS + 60_000).open("REQ", sealed))).to.match(/^is older than a day/);
    expect(refusal(() => at(-DAY_MS - 60_000).open("REQ", sealed))).to.match(/^is older than a day/);
    for (const ms of [DAY_MS - 60_000, -DAY_MS + 60_000]) expect(at(ms).open("REQ", sealed).equals(bytes)).to.equal(true);
  });

  it("remembers nobody who does not know the secret", () => {
    const node = reader();
    const sealed = seal.seal("REQ", bytes);
    const forged = Buffer.from(sealed);
    forged.fill(0xff, sealed.length - 16);
    expect(refusal(() => node.open("REQ", forged))).to.match(/^is not sealed/);
    expect(node.open("REQ", sealed).equals(bytes)).to.equal(true); // its number was not used up
  });
});
