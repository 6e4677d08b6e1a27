import { expect } from "chai";
import { noteRead, type Cursors } from "../../../../../services/source/blocks/read-ahead.ts";

const KiB = 1024;

describe("read-ahead", () => {
  it("grows while a reader goes on, up to 4 MiB", () => {
    const cursors: Cursors = [];
    const windows = Array.from({ length: 8 }, (_, i) => noteRead(cursors, i * 512 * KiB, (i + 1) * 512 * KiB) / KiB);
    expect(windows).to.deep.equal([0, 0, 512, 1024, 2048, 4096, 4096, 4096]);
  });

  it("is none for one who hops about", () => {
    const cursors: Cursors = [];
    for (const start of [0, 9_000_000, 3_000_000, 7_000_000, 1_000_000, 5_000_000]) expect(noteRead(cursors, start, start + 65_536)).to.equal(0);
  });

  it("tells two readers of one source apart", () => {
    const cursors: Cursors = [];
    const step = 512 * KiB;
    const windows: number[] = [];
    for (let i = 0; i < 4; i++) {
      windows.push(noteRead(cursors, i * step, (i + 1) * step) / KiB);
      windows.push(noteRead(cursors, 90_000_000 + i * step, 90_000_000 + (i + 1) * step) / KiB);
    }
    expect(windows).to.deep.equal([0, 0, 0, 0, 512, 512, 1024, 1024]);
  });

  it("does not grow while the same is read again, and goes on with who goes on", () => {
    const cursors: Cursors = [];
    const reads = [[0, 90], [20, 80], [0, 90], [20, 80], [90, 180], [100, 170], [180, 270], [200, 260]] as const;
    expect(reads.map(([start, end]) => noteRead(cursors, start * KiB, end * KiB) / KiB)).to.deep.equal([0, 0, 0, 0, 0, 0, 512, 0]);
    expect(noteRead(cursors, 270 * KiB, 360 * KiB) / KiB).to.equal(1_024);
  });

  it("starts anew after a seek", () => {
    const cursors: Cursors = [];
    for (let i = 0; i < 6; i++) noteRead(cursors, i * 512 * KiB, (i + 1) * 512 * KiB);
    expect(noteRead(cursors, 50_000_000, 50_500_000)).to.equal(0);
  });
});
