/** A source that cannot be read for a moment, as the demuxer and FFmpeg's door meet it. */
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { fail, findErrorCode } from "../../config/errors.ts";
import { closeDemuxer, openDemuxer, type Demuxer, type PacketSpan, type ReadSource } from "../../mixins/demuxer/demuxer.ts";
import { openSourceDoor, throughDoor } from "../../mixins/source-door.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { makeLecture, makeWebm } from "../support/lectures.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";

describe("a read of a source that fails", function () {
  this.timeout(30_000);
  let folder: Folder;
  let demuxer: Demuxer;
  let mp4: Buffer;
  let webm: Buffer;
  let reads: [number, number][];
  let failing: boolean;

  before(async () => {
    folder = await openFolder();
    demuxer = openDemuxer();
    mp4 = await readFile(await makeLecture(folder.path("a.mp4"), { seconds: 10 }));
    webm = await readFile(await makeWebm(folder.path("a.webm"), { seconds: 10, size: "320x180" }));
  });
  after(async () => {
    await closeDemuxer();
    await folder.remove();
  });
  beforeEach(() => {
    reads = [];
    failing = false;
  });

  const readerOf = (bytes: Buffer): ReadSource => async (start, end) => {
    reads.push([start, end]);
    if (failing) throw fail("source_pending", "staged", { needed: end });
    return Buffer.from(bytes.subarray(start, end));
  };
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "it"));

  it("is what whoever wants packets is told; the next read goes well, and does not begin with the index again", async () => {
    const [open, read] = [{ key: "a.mp4", size: mp4.length }, readerOf(mp4)];
    const inspection = await demuxer.inspect(open, read);
    if (inspection.outcome !== "facts") throw new Error(inspection.outcome);
    const { timescale, end } = inspection.facts.video;
    const span: PacketSpan = { track: "video", index: 0, timescale, from: end - 2 * timescale, to: end };
    failing = true;
    expect(await codeOf(demuxer.packets(open, read, span))).to.equal("source_pending");
    failing = false;
    reads = [];
    expect(await demuxer.packets(open, read, span)).to.not.deep.equal([]);
    expect(Math.min(...reads.map(([start]) => start))).to.be.above(0);
  });

  it("is what whoever looks for an index is told, not that there is none", async () => {
    for (const [key, bytes] of [["b.mp4", mp4], ["b.webm", webm]] as const) {
      const [open, read] = [{ key, size: bytes.length }, readerOf(bytes)];
      failing = true;
      expect(await codeOf(demuxer.inspect(open, read)), key).to.equal("source_pending");
      failing = false;
      expect((await demuxer.inspect(open, read)).outcome, key).to.equal("facts");
    }
  });

  it("is told although whoever read through the door took it for the end of the file", async () => {
    const door = await openSourceDoor(quietBroker().logger);
    try {
      const file = (): ReturnType<typeof door.open> => door.open({ size: mp4.length, read: async (start, end) => {
        if (end > mp4.length / 2) throw fail("source_unreachable", "staged");
        return Buffer.from(mp4.subarray(start, end));
      } });
      const readAll = async (url: string): Promise<string> => await fetch(url).then((answer) => answer.arrayBuffer()).then(() => "all", () => "some");
      expect(await codeOf(throughDoor(file(), readAll))).to.equal("source_unreachable");
      expect(await codeOf(throughDoor(file(), async (url) => { throw new Error(await readAll(url)); }))).to.equal("source_unreachable");
      const beginning = await throughDoor(file(), async (url) => Buffer.from(await (await fetch(url, { headers: { Range: "bytes=0-99" } })).arrayBuffer()));
      expect(beginning.equals(mp4.subarray(0, 100))).to.equal(true);
    } finally {
      await door.close();
    }
  });
});
