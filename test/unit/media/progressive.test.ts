import { expect } from "chai";
import { getBox, readBoxes } from "../../../media/cmaf/boxes.ts";
import { writeFragment } from "../../../media/cmaf/fragment.ts";
import { writeInit } from "../../../media/cmaf/init.ts";
import { collectTrack, writeProgressive } from "../../../media/cmaf/progressive.ts";
import { readSampleTables } from "../../../media/mp4/sample-tables.ts";

const INIT = writeInit({ kind: "video", codec: "h264", configuration: Buffer.from("AWQAKA==", "base64"), timescale: 1_000, width: 64, height: 48, displayWidth: 64, displayHeight: 48, rotation: 0 });
/** Shown at 0, 120, 40, 80 and 900, 1,020, 940: an encoder's that lets a frame be shown before it is decoded. */
const FRAGMENTS = [
  { baseDecodeTime: 0, offsets: [0, 80, -40, -40], durations: [40, 40, 40, 780] },
  { baseDecodeTime: 900, offsets: [0, 80, -40], durations: [40, 40, 40] },
].map(({ baseDecodeTime, offsets, durations }, i) => writeFragment({
  sequence: i + 1, trackId: 1, baseDecodeTime, samples: offsets.map((compositionOffset, n) => ({ size: 1, duration: durations[n] ?? 40, compositionOffset, isKey: n === 0 })), data: offsets.map((_, n) => Uint8Array.of(16 * i + n)),
}));

describe("a plain MP4", () => {
  const track = collectTrack(INIT, FRAGMENTS);
  const file = writeProgressive([{ ...track, editStart: 0, duration: 1_200, picture: { width: 64, height: 48 } }]);

  it("has its index in front, and in it the times that the fragments had", () => {
    const boxes = readBoxes(file);
    expect(boxes.map(({ type }) => type)).to.deep.equal(["ftyp", "moov", "mdat"]);
    const table = readSampleTables({ bytes: getBox(boxes, "moov").body, holes: [] }).get(1);
    expect(table?.timescale).to.equal(1_000);
    expect([...(table?.pts ?? [])]).to.deep.equal([0, 120, 40, 80, 900, 1_020, 940]);
    expect([...(table?.keys ?? [])]).to.deep.equal([0, 4]);
  });

  it("has each frame's bytes where the index says", () => {
    const table = readSampleTables({ bytes: getBox(readBoxes(file), "moov").body, holes: [] }).get(1);
    expect([...(table?.offsets ?? [])].map((offset) => file[offset])).to.deep.equal([0, 1, 2, 3, 16, 17, 18]);
  });
});
