/** Each software encoder, asked for key frames at odd times: what it really writes, in fragments and in its init segment. */
import { expect } from "chai";
import { tuningOf } from "../../media/ffmpeg/tuning.ts";
import { av1Codecs, av1Level, hevcCodecs, hevcLevel } from "../../media/codec-levels.ts";
import { findBox, readBoxes } from "../../media/cmaf/boxes.ts";
import { createFragmentSplitter, type SplitterEvent } from "../../media/cmaf/encoder-output.ts";
import { readFragment } from "../../media/cmaf/fragment.ts";
import { FRAGMENTED_OUTPUT } from "../../media/ffmpeg/guest.ts";
import { encoderOptions, type VideoEncoding } from "../../media/ffmpeg/encoder-options.ts";
import type { VideoEncoder } from "../../media/video-encoders.ts";
import { h264Level } from "../../media/ladder.ts";
import { decode, openFolder, probePackets, run, type Folder } from "../support/cmaf-media.ts";

const RATE = 25;
const TICKS = 512; // a frame at 1/12800
const FRAMES = 150;
/** Frames that begin segments: not where an encoder would put its key frames by itself. */
const KEYS = [0, 51, 105];
const CUT = "testsrc2=size=640x360:rate=25:duration=6,hue=H='if(gt(t,1.52),90,0)'"; // and a change of scene at frame 38
const PEAK_KBPS = 800;
const NEEDS = { width: 640, height: 360, frameRate: { num: RATE, den: 1 }, peakKbps: PEAK_KBPS };

interface Case { encoder: VideoEncoder; level: number; codecs: string }
const CASES: readonly Case[] = [
  { encoder: "libx264", level: h264Level(640, 360, NEEDS.frameRate), codecs: "avc1.64001e" },
  { encoder: "libx265", level: hevcLevel(NEEDS), codecs: hevcCodecs(hevcLevel(NEEDS)) },
  { encoder: "libsvtav1", level: av1Level(NEEDS), codecs: av1Codecs(av1Level(NEEDS)) },
];

async function encode({ encoder, level }: Case, keys: readonly number[], changes: Partial<VideoEncoding> = {}, source = CUT, frames = FRAMES): Promise<SplitterEvent[]> {
  const keyTimes = keys.map((frame) => (frame / RATE).toFixed(6)).join(",");
  const options = encoderOptions({ encoder, level, peakKbps: PEAK_KBPS, quality: 23, threads: 2, content: "camera", tuning: tuningOf(undefined, "play"), keyTimes, ...changes });
  const { stdout } = await run("ffmpeg", ["-f", "lavfi", "-i", source, "-frames:v", String(frames), "-vf", "format=yuv420p", ...options.flat(),
    "-fps_mode", "passthrough", "-enc_time_base", "1:12800", "-video_track_timescale", "12800", ...FRAGMENTED_OUTPUT, "-"]);
  const splitter = createFragmentSplitter(64 * 1024 * 1024);
  const events = splitter.push(stdout);
  splitter.end();
  return joinFragments(events);
}

/** Fragments are cut at every half second, too: those up to the next one that begins with a key frame are a segment. */
function joinFragments(events: readonly SplitterEvent[]): SplitterEvent[] {
  const joined: SplitterEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    const begins = event.kind === "init" || readFragment(event.bytes).samples[0]?.isKey === true;
    if (last === undefined || begins) joined.push(event);
    else last.bytes = Buffer.concat([last.bytes, event.bytes]);
  }
  return joined;
}

/** Of all fragments of a segment. */
const samplesOf = (event: SplitterEvent | undefined) => split(event?.bytes ?? Buffer.alloc(0)).flatMap(({ bytes }) => readFragment(bytes).samples);

function split(bytes: Uint8Array): SplitterEvent[] {
  const splitter = createFragmentSplitter(64 * 1024 * 1024);
  const events = splitter.push(bytes);
  splitter.end();
  return events;
}
const bits = (events: readonly SplitterEvent[]): number[] => events.slice(1).flatMap((event) => samplesOf(event).map(({ size }) => size * 8));

/** The codec string that the init segment's sample entry stands for. */
function codecsOf(init: Uint8Array): string {
  const inside = (bytes: Uint8Array, type: string): Uint8Array => findBox(readBoxes(bytes), type)?.body ?? new Uint8Array();
  const stsd = ["moov", "trak", "mdia", "minf", "stbl", "stsd"].reduce(inside, init);
  const [entry] = readBoxes(stsd.subarray(8));
  const configuration = (type: string): Buffer => Buffer.from(inside(entry?.body.subarray(78) ?? new Uint8Array(), type));
  switch (entry?.type) {
    case "avc1": return `avc1.${configuration("avcC").toString("hex", 1, 4)}`;
    case "hvc1": {
      const hvcC = configuration("hvcC");
      const compatible = [...Array(32).keys()].reduce((sum, bit) => sum + (hvcC.readUInt32BE(2) >>> (31 - bit) & 1) * 2 ** bit, 0);
      expect(hvcC.subarray(7, 12).every((byte) => byte === 0), "one byte of constraints").to.equal(true);
      return `hvc1.${(hvcC[1] ?? 0) & 31}.${compatible.toString(16)}.L${hvcC[12]}.${(hvcC[6] ?? 0).toString(16)}`;
    }
    case "av01": {
      const [, first = 0, second = 0] = configuration("av1C");
      return `av01.${first >> 5}.${String(first & 31).padStart(2, "0")}${second >> 7 === 0 ? "M" : "H"}.${(second & 0x40) === 0 ? "08" : "10"}`;
    }
    default: return `a sample entry of type ${entry?.type}`;
  }
}

describe("encoders, asked for key frames", function () {
  this.timeout(120_000);
  let folder: Folder;
  before(async () => { folder = await openFolder(); });
  after(() => folder.remove());

  for (const each of CASES) {
    describe(each.encoder, () => {
      it("puts them there and nowhere else, a segment for each, whole by itself", async () => {
        const [init, ...fragments] = await encode(each, KEYS);
        expect(init?.kind).to.equal("init");
        expect(fragments.map((event) => samplesOf(event).length)).to.deep.equal([51, 54, 45]);
        for (const event of fragments) expect(samplesOf(event).map(({ isKey }) => isKey)).to.deep.equal(samplesOf(event).map((_, n) => n === 0));
        const whole = await folder.write(`${each.encoder}.mp4`, init?.bytes ?? Buffer.alloc(0), ...fragments.map(({ bytes }) => bytes));
        const packets = await probePackets(whole);
        const times = packets.map(({ pts }) => pts).toSorted((a, b) => a - b);
        expect(times).to.deep.equal(Array.from({ length: FRAMES }, (_, frame) => (times[0] ?? 0) + frame * TICKS));
        expect(packets.filter(({ isKey }) => isKey).map(({ pts }) => (pts - (times[0] ?? 0)) / TICKS)).to.deep.equal(KEYS);
        expect(Math.max(...packets.map(({ pts, dts }) => (pts - dts) / TICKS - (times[0] ?? 0) / TICKS)), "reordered by four frames at most").to.be.at.most(4);
        // Closed: the second segment decodes without the first.
        const alone = await folder.write(`${each.encoder}-1.mp4`, init?.bytes ?? Buffer.alloc(0), fragments[1]?.bytes ?? Buffer.alloc(0));
        expect((await decode(alone)).stderr).to.equal("");
        expect((await probePackets(alone)).length).to.equal(54);
      });

      it("says in its init segment what the plan says", async () => {
        const [init] = await encode(each, [0], {}, CUT, 10);
        expect(codecsOf(init?.bytes ?? Buffer.alloc(0))).to.equal(each.codecs);
      });

      it("writes one init segment, whatever the threads, the segment and the content", async () => {
        const inits = await Promise.all([{}, { threads: 1 }].map((changes) => encode(each, [0], changes, CUT, 30)));
        inits.push(await encode(each, [0], {}, "testsrc2=size=640x360:rate=25,negate", 55));
        expect(new Set(inits.map(([init]) => init?.bytes.toString("hex"))).size).to.equal(1);
      });

      it("keeps to the peak even where all is noise", async () => {
        const sizes = bits(await encode(each, [0], {}, "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t"));
        const kbps = sizes.reduce((sum, size) => sum + size, 0) / (FRAMES / RATE) / 1000;
        expect(kbps).to.be.within(PEAK_KBPS * 0.3, PEAK_KBPS * 1.25); // the playlist promises a quarter more
      });
    });
  }
});
