/** The flat sample tables and the container reader must say the same of every MP4: of the real ones, and of those made here. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { CustomSource, EncodedPacketSink, Input, MP4, QTFF } from "mediabunny";
import { DESCRIBABLE } from "../../media/playable.ts";
import { readSampleTables, fits, type SampleTable } from "../../media/mp4/sample-tables.ts";
import type { Inspection } from "../../mixins/demuxer/demuxer.contract.ts";
import { inspect, type IndexReaders } from "../../mixins/demuxer/inspect.ts";
import { readMovieBox } from "../../mixins/demuxer/movie-box.ts";
import { MAX_SPAN_PACKETS } from "../../mixins/demuxer/span.ts";
import { readPlaced } from "../../mixins/demuxer/placed-packets.ts";
import { placePackets } from "../../mixins/demuxer/table-packets.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";

const SHARED = resolve(fileURLToPath(new URL("../../../shared/media", import.meta.url)));
const PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=6"];
const SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=6"];
const MADE: Readonly<Record<string, readonly string[]>> = {
  "b-frames.mp4": ["-c:v", "libx264", "-g", "40", "-c:a", "aac"],
  "index-first.mov": ["-c:v", "libx264", "-bf", "3", "-g", "30", "-c:a", "aac", "-movflags", "+faststart"],
  "late-sound.mp4": ["-itsoffset", "0.7", ...SOUND, "-map", "0:v", "-map", "2:a", "-c:v", "libx264", "-bf", "0", "-c:a", "aac"],
  "frames-of-one-size.mov": ["-c:v", "libx264", "-g", "30", "-c:a", "ac3", "-b:a", "192k"],
  "every-frame-a-key.mp4": ["-c:v", "mjpeg", "-c:a", "pcm_s16le", "-f", "mov"],
};

const NO_READERS: IndexReaders = { tables: new Map(), cues: () => Promise.resolve(new Map()), textTracks: () => Promise.resolve([]) };

function openInput(bytes: Buffer): Input {
  return new Input({ formats: [MP4, QTFF], source: new CustomSource({ getSize: () => bytes.length, read: (start, end) => bytes.subarray(start, end) }) });
}

async function readTables(bytes: Buffer): Promise<Map<number, SampleTable>> {
  const read = (start: number, end: number): Uint8Array => bytes.subarray(start, end);
  const movie = await readMovieBox({ read, readWhole: read }, bytes.length);
  return movie === undefined ? new Map() : new Map([...readSampleTables(movie)].filter(([, table]) => fits(table, bytes.length)));
}

/** Whether both readers take the file; one that is damaged is left to the other ways of looking at it. */
async function isReadable(bytes: Buffer): Promise<boolean> {
  try {
    const byReader = await inspect(openInput(bytes), bytes.length, NO_READERS);
    return byReader.outcome === "facts" && (await readTables(bytes)).size > 0;
  } catch {
    return false;
  }
}

/** Without what the tables alone say. */
function commonFacts(inspection: Inspection): Inspection {
  if (inspection.outcome !== "facts") return inspection;
  const { frames, gopBytes, sampleEntry, ...video } = inspection.facts.video;
  expect([frames, gopBytes?.length, sampleEntry === undefined]).to.deep.equal([frames, video.keyFrames.length, false]);
  const mirrored = false; // which the container reader passes over
  const keyFrames = DESCRIBABLE.has(video.codec) ? video.keyFrames : []; // the container reader is not asked for others
  const originTicks = Math.min(inspection.facts.originTicks, Math.max(0, video.start)); // of frames that an edit hides the reader does not say which is the first that is shown
  return { ...inspection, facts: { ...inspection.facts, video: { ...video, mirrored, keyFrames }, originTicks } };
}

/** Compares facts, and every packet of every track. Tells how many packets there were. */
async function compare(bytes: Buffer): Promise<number> {
  const tables = await readTables(bytes);
  const input = openInput(bytes);
  const [byTable, byReader] = [await inspect(input, bytes.length, { ...NO_READERS, tables }), await inspect(input, bytes.length, NO_READERS)];
  if (byTable.outcome === "facts" && !byTable.told) expect(byReader.outcome, "the reader does not know the codec").to.be.oneOf(["no_index", "facts"]);
  else expect(commonFacts(byTable)).to.deep.equal(byReader);
  const shownFirst = byTable.outcome === "facts" && byTable.facts.video.start < 0 ? byTable.facts.originTicks : undefined;
  let compared = 0;
  for (const track of await input.getTracks()) {
    const table = tables.get(track.id);
    if (table === undefined || table.count > MAX_SPAN_PACKETS) continue;
    expect(await track.getTimeResolution()).to.equal(table.timescale);
    const wanted: { pts: number; duration: number; isKey: boolean; data: Buffer }[] = [];
    for await (const packet of new EncodedPacketSink(track).packets()) {
      wanted.push({ pts: Math.round(packet.timestamp * table.timescale), duration: Math.round(packet.duration * table.timescale), isKey: packet.type === "key", data: Buffer.from(packet.data) });
    }
    const kind = track.isVideoTrack() ? "video" : "audio";
    const found = await readPlaced(placePackets(table, { track: kind, from: kind === "audio" ? -Infinity : Math.min(...table.pts), to: Infinity }, bytes.length) ?? [], (start, end) => bytes.subarray(start, end));
    expect(found.map((packet) => ({ ...packet, data: Buffer.from(packet.data) }))).to.deep.equal(wanted);
    if (shownFirst !== undefined && track === await input.getPrimaryVideoTrack()) expect(shownFirst).to.equal(Math.min(...wanted.map(({ pts }) => pts).filter((pts) => pts >= 0)));
    compared += wanted.length;
  }
  return compared;
}

describe("sample tables of an MP4", function () {
  this.timeout(60_000);
  let folder: Folder;
  before(async () => { folder = await openFolder(); });
  after(() => folder.remove());

  for (const [name, args] of Object.entries(MADE)) {
    it(`say what the container reader says of ${name}`, async () => {
      const path = folder.path(name);
      await run("ffmpeg", ["-v", "error", ...PICTURE, ...SOUND, ...args, "-t", "6", path]);
      expect(await compare(readFileSync(path))).to.be.at.least(150);
    });
  }

  it("say it of the shared media and of every MP4 of the corpus that has an index", async () => {
    const files = existsSync(SHARED) ? [...globSync(`${SHARED}/{talk,lab}.mp4`), ...globSync(`${SHARED}/corpus/f/*.{mp4,mov,m4a}`)] : [folder.path("b-frames.mp4")];
    let compared = 0;
    for (const file of files) {
      const bytes = readFileSync(file);
      if (!(await isReadable(bytes))) continue;
      try {
        compared += (await compare(bytes)) > 0 ? 1 : 0;
      } catch (error) {
        throw new Error(`${basename(file)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }
    expect(compared).to.be.above(existsSync(SHARED) ? 20 : 0);
  });
});
