import { expect } from "chai";
import * as fc from "fast-check";
import type { PacketPlace } from "../../../../mixins/demuxer/demuxer.contract.ts";
import { readPlaced } from "../../../../mixins/demuxer/placed-packets.ts";
import { rejection } from "../../../support/rejection.ts";

const MiB = 1024 * 1024;
const SOURCE = Buffer.from(Array.from({ length: 40 * MiB / 1024 }, (_, n) => Buffer.alloc(1024, n % 251)).reduce((all, part, n) => { part.copy(all, n * 1024); return all; }, Buffer.alloc(40 * MiB)));
const place = (offset: number, size: number): PacketPlace => ({ pts: offset, duration: 1, isKey: false, offset, size });

/** What is read of the source, and how often. */
function reader() {
  const reads: [number, number][] = [];
  return { reads, read: (start: number, end: number): Uint8Array => { reads.push([start, end]); return SOURCE.subarray(start, end); } };
}

describe("packets whose places are known", () => {
  it("are what the source has there, in the order in which they were asked for", async () => {
    const places = fc.array(fc.record({ offset: fc.integer({ min: 0, max: 39 * MiB }), size: fc.integer({ min: 0, max: MiB }) }), { maxLength: 30 });
    await fc.assert(fc.asyncProperty(places, async (wanted) => {
      const packets = await readPlaced(wanted.map(({ offset, size }) => place(offset, size)), reader().read);
      expect(packets.map(({ pts }) => pts)).to.deep.equal(wanted.map(({ offset }) => offset));
      packets.forEach(({ data }, i) => expect(Buffer.compare(data, SOURCE.subarray(wanted[i]?.offset, (wanted[i]?.offset ?? 0) + (wanted[i]?.size ?? 0)))).to.equal(0));
    }), { numRuns: 50 });
  });

  it("are read at once, with what lies between, as far as one read may bring", async () => {
    const { read, reads } = reader();
    await readPlaced(Array.from({ length: 10 }, (_, n) => place(n * MiB, 1_000)), read);
    expect(reads).to.deep.equal([[0, 3 * MiB + 1_000], [4 * MiB, 7 * MiB + 1_000], [8 * MiB, 9 * MiB + 1_000]]);
  });

  it("are read alone where too much lies between them, and where one is larger than a read", async () => {
    const { read, reads } = reader();
    await readPlaced([place(0, 1_000), place(2_000, 1_000), place(10 * MiB, 5 * MiB), place(30 * MiB, 1_000)], read);
    expect(reads).to.deep.equal([[0, 3_000], [10 * MiB, 15 * MiB], [30 * MiB, 30 * MiB + 1_000]]);
  });

  it("ask for nothing where there is nothing", async () => {
    const { read, reads } = reader();
    expect((await readPlaced([place(5, 0), place(30 * MiB, 0)], read)).map(({ data }) => data.byteLength)).to.deep.equal([0, 0]);
    expect(reads.filter(([start, end]) => start === end)).to.deep.equal([]);
  });

  it("are no copies where most of a read is theirs; of sound between pictures the pictures are not kept", async () => {
    const { read } = reader();
    const pictures = await readPlaced([place(0, 600_000), place(700_000, 300_000)], read);
    expect(pictures.map(({ data }) => data.buffer === SOURCE.buffer)).to.deep.equal([true, true]);
    const sound = await readPlaced([place(0, 300), place(1_000_000, 400)], read);
    expect(sound.map(({ data }) => data.buffer.byteLength)).to.deep.equal([700, 700]);
  });

  it("are not there where the source gives less than it has, or cannot be read", async () => {
    expect(await rejection(readPlaced([place(0, 10)], (start, end) => SOURCE.subarray(start, end - 1)), "read")).to.have.property("message", "the source gave fewer bytes than it has");
    expect(await rejection(readPlaced([place(0, 10)], async () => await Promise.reject(new Error("away"))), "read")).to.have.property("message", "away");
    expect(await readPlaced([], reader().read)).to.deep.equal([]);
  });
});
