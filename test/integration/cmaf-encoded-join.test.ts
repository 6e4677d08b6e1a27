import { expect } from "chai";
import { createFragmentSplitter, retimeFragment, type SplitterEvent } from "../../media/cmaf/encoder-output.ts";
import { readFragment } from "../../media/cmaf/fragment.ts";
import { setEditStart } from "../../media/cmaf/init.ts";
import { reorderDelay } from "../../media/cmaf/samples.ts";
import { formatSeconds } from "../../media/rational.ts";
import { decode, FRAGMENTED, openFolder, probePackets, run, type Folder } from "../support/cmaf-media.ts";

const TIMESCALE = 30_000;
const FRAME = 1001;
const FRAMES = 300;
const REORDER = reorderDelay({ num: 30_000, den: 1001 }, TIMESCALE);
/** Ten seconds in segments of 60 frames, the last one cut short by nothing. */
const BOUNDARIES = [0, 60, 120, 180, 240, 300].map((frame) => frame * FRAME);

const X264 = ["-an", "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-b_strategy", "2", "-g", "250", "-sc_threshold", "0",
  "-fps_mode", "passthrough", "-enc_time_base", `1:${TIMESCALE}`, "-video_track_timescale", String(TIMESCALE)];

/** One run for segments first to last; odd chunk sizes, so that boxes are cut anywhere. */
async function encode(source: string, first: number, last: number): Promise<SplitterEvent[]> {
  const [start = 0, end = 0] = [BOUNDARIES[first], BOUNDARIES[last + 1]];
  const keys = BOUNDARIES.slice(first, last + 1).map((ticks) => (ticks / TIMESCALE).toFixed(6)).join(",");
  const { stdout } = await run("ffmpeg", ["-copyts", "-ss", formatSeconds(start, TIMESCALE), "-i", source,
    "-vf", `trim=start_pts=${start}:end_pts=${end}`, ...X264, "-force_key_frames", keys, ...FRAGMENTED, "-"]);
  const splitter = createFragmentSplitter(16_000_000);
  const events: SplitterEvent[] = [];
  for (let at = 0; at < stdout.length; at += 997) events.push(...splitter.push(stdout.subarray(at, at + 997)));
  splitter.end();
  return events;
}

/** The init segment of the first run, and every run's fragments at their place. */
function join(runs: SplitterEvent[][]): { init: Buffer; segments: Buffer[] } {
  const inits = runs.map((events) => events[0]);
  expect(inits.every((event) => event?.kind === "init")).to.equal(true);
  const init = inits[0]?.bytes ?? Buffer.alloc(0);
  for (const other of inits) expect(other?.bytes.equals(init), "all runs have one init segment").to.equal(true);
  const fragments = runs.flatMap((events) => events.slice(1));
  expect(fragments.every((event) => event.kind === "fragment")).to.equal(true);
  const segments = fragments.map(({ bytes }, index) => {
    const [start = 0, end = 0] = [BOUNDARIES[index], BOUNDARIES[index + 1]];
    const retimed = retimeFragment(bytes, { start, end, reorderTicks: REORDER, sequence: index + 1 });
    expect(retimed.frames).to.equal(60);
    expect(retimed.firstIsKey).to.equal(true);
    expect(retimed.end - retimed.start).to.equal(end - start);
    return retimed.bytes;
  });
  return { init: setEditStart(init, REORDER), segments };
}

describe("encoded segments joined", function () {
  this.timeout(120_000);
  let folder: Folder;
  let source: string;

  before(async () => {
    folder = await openFolder();
    source = folder.path("source.mp4");
    await run("ffmpeg", ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30000/1001:duration=10.01", "-frames:v", String(FRAMES),
      "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "45", "-video_track_timescale", String(TIMESCALE), "-y", source]);
  });
  after(() => folder.remove());

  const ways: [string, (source: string) => Promise<SplitterEvent[][]>][] = [
    ["a run for each segment", async (from) => { const runs = []; for (let n = 0; n < 5; n++) runs.push(await encode(from, n, n)); return runs; }],
    ["one run for all", async (from) => [await encode(from, 0, 4)]],
    ["runs of two and three", async (from) => [await encode(from, 0, 1), await encode(from, 2, 4)]],
  ];
  for (const [name, make] of ways) {
    it(`are one pass, to the tick: ${name}`, async () => {
      const { init, segments } = join(await make(source));
      expect(segments).to.have.length(5);
      const file = await folder.write("joined.mp4", init, ...segments);
      const packets = await probePackets(file);
      const times = packets.map((packet) => packet.pts).sort((a, b) => a - b);
      expect(times).to.deep.equal(Array.from({ length: FRAMES }, (_, frame) => frame * FRAME));
      expect(packets.map((packet) => packet.dts)).to.deep.equal(times.map((time) => time - REORDER));
      expect(packets.some((packet, index) => packet.pts < (packets[index - 1]?.pts ?? 0)), "there are B-frames").to.equal(true);
      expect([0, 60, 120, 180, 240].map((frame) => packets[frame]?.isKey)).to.deep.equal([true, true, true, true, true]);
      expect((await decode(file)).stderr).to.equal("");
    });
  }

  it("keep the media bytes of the encoder", async () => {
    const [, event] = await encode(source, 1, 1);
    const before = readFragment(event?.bytes ?? Buffer.alloc(0));
    const { bytes } = retimeFragment(event?.bytes ?? Buffer.alloc(0), { start: 60_060, end: 120_120, reorderTicks: REORDER, sequence: 2, trackId: 7 });
    const after = readFragment(bytes);
    expect(Buffer.concat(after.data).equals(Buffer.concat(before.data))).to.equal(true);
    expect([after.baseDecodeTime, after.trackId, after.sequence]).to.deep.equal([60_060, 7, 2]);
    expect(after.samples.map((sample) => sample.isKey)).to.deep.equal(before.samples.map((sample) => sample.isKey));
    expect(after.samples.every((sample) => sample.duration === FRAME)).to.equal(true);
  });
});
