import type { FileHandle } from "node:fs/promises";
import { expect } from "chai";
import { array, assert, asyncProperty, integer, uint8Array } from "fast-check";
import { writeWhole } from "../../../../services/storage/write-whole.ts";

describe("a write of all", () => {
  it("goes on where the system stopped, however little it takes at once", async () => {
    await assert(asyncProperty(array(uint8Array({ minLength: 1, maxLength: 9 }), { maxLength: 8 }), array(integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }), async (given, takes) => {
      const pieces = given.map((piece) => Buffer.from(piece));
      const written: Buffer[] = [];
      const file = {
        writev: async (buffers: Buffer[]) => {
          const taken = Buffer.concat(buffers).subarray(0, takes[written.length % takes.length]);
          written.push(taken);
          return { bytesWritten: taken.length, buffers };
        },
      } as unknown as FileHandle;
      await writeWhole(file, pieces);
      expect(Buffer.concat(written).equals(Buffer.concat(pieces))).to.equal(true);
    }));
  });
});
