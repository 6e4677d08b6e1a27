import { expect } from "chai";
import { createFragmentSplitter } from "../../media/cmaf/encoder-output.ts";
import { readFragments } from "../../media/cmaf/fragment.ts";
import { selectTrack } from "../../media/cmaf/init.ts";
import { framesOf } from "../../media/cmaf/retimer.ts";
import { reorderDelay } from "../../media/cmaf/samples.ts";
import { createSegmenter, type SegmentEvent } from "../../media/cmaf/segmenter.ts";
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

/** What a run wrote, and what became of it: its init segment, and by segment its chunks. */
interface Made { init: Buffer; segments: Map<number, Buffer[]>; media: Buffer[] }

/** One run for segments first to last; odd sizes, so that boxes are cut anywhere. */
async function encode(source: string, first: number, last: number): Promise<Made> {
  const [start = 0, end = 0] = [BOUNDARIES[first], BOUNDARIES[last + 1]];
  const keys = BOUNDARIES.slice(first, last + 1).map((ticks) => (ticks / TIMESCALE).toFixed(6)).join(",");
  const { stdout } = await run("ffmpeg", ["-copyts", "-ss", formatSeconds(start, TIMESCALE), "-i", source,
    "-vf", `trim=start_pts=${start}:end_pts=${end}`, ...X264, "-force_key_frames", keys, ...FRAGMENTED, "-frag_duration", "500000", "-"]);
  const splitter = createFragmentSplitter(16_000_000);
  const segmenter = createSegmenter({ boundaries: BOUNDARIES, first, last, reorderTicks: REORDER, trackId: 1 });
  const made: Made = { init: Buffer.alloc(0), segments: new Map(), media: [] };
  const ended: number[] = [];
  const take = (events: SegmentEvent[]): void => {
    for (const event of events) {
      if (event.kind === "chunk") made.segments.set(event.segment, [...(made.segments.get(event.segment) ?? []), event.bytes]);
      else ended.push(event.segment);
    }
  };
  for (let at = 0; at < stdout.length; at += 997) {
    for (const event of splitter.push(stdout.subarray(at, at + 997))) {
      if (event.kind === "init") made.init = selectTrack(event.bytes, 1, REORDER);
      else for (const fragment of readFragments(event.bytes)) {
        made.media.push(...fragment.data);
        take(segmenter.push(framesOf(fragment)));
      }
    }
  }
  splitter.end();
  take(segmenter.end());
  expect(ended).to.deep.equal(Array.from({ length: last - first + 1 }, (_, n) => first + n));
  return made;
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

  const ways: [string, (source: string) => Promise<Made[]>][] = [
    ["a run for each segment", async (from) => { const runs = []; for (let n = 0; n < 5; n++) runs.push(await encode(from, n, n)); return runs; }],
    ["one run for all", async (from) => [await encode(from, 0, 4)]],
    ["runs of two and three", async (from) => [await encode(from, 0, 1), await encode(from, 2, 4)]],
  ];
  for (const [name, make] of ways) {
    it(`are one pass, to the tick: ${name}`, async () => {
      const runs = await make(source);
      const [{ init } = { init: Buffer.alloc(0) }] = runs;
      for (const other of runs) expect(other.init.equals(init), "all runs have one init segment").to.equal(true);
      const chunks = runs.flatMap(({ segments }) => [...segments.values()]);
      expect(chunks).to.have.length(5);
      for (const parts of chunks) expect(parts.length, "chunks of about half a second of a segment of two").to.be.within(4, 6);
      const segments = chunks.map((parts) => Buffer.concat(parts));
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

  it("keep the media bytes of the encoder, and count their chunks on", async () => {
    const { segments, media } = await encode(source, 1, 2);
    const fragments = [...segments.values()].flat().map((chunk) => readFragments(chunk)).flat();
    expect(Buffer.concat(fragments.flatMap(({ data }) => data)).equals(Buffer.concat(media))).to.equal(true);
    expect(fragments[0]?.baseDecodeTime).to.equal(60_060);
    const numbers = fragments.map(({ sequence }) => sequence);
    expect(numbers).to.deep.equal([...new Set(numbers)].toSorted((a, b) => a - b));
    expect(fragments.flatMap(({ samples }) => samples).every(({ duration }) => duration === FRAME)).to.equal(true);
  });
});
