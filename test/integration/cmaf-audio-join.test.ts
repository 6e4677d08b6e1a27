import { expect } from "chai";
import { createFragmentSplitter, sliceAudio } from "../../media/cmaf/encoder-output.ts";
import { decode, FRAGMENTED, openFolder, probePackets, run, type Folder } from "../support/cmaf-media.ts";

const RATE = 48_000;
/** Samples of an AAC frame. */
const FRAME = 1024;
/** Frames encoded before the first one kept, so that the encoder is where it would be in one pass. */
const PRIMING = 4;
/** Frames encoded behind the last one kept: its window reaches one frame further, into what the next segment begins with. */
const TAIL = 2;
const FRAMES = 300;
const CUT = 150;

interface Run { init: Buffer; fragments: Buffer[] }

describe("audio segments encoded apart", function () {
  this.timeout(60_000);
  let folder: Folder;
  let source: string;

  /** Frames [first, first + frames) of the timeline, and `PRIMING` before them where there are any. */
  async function encode(first: number, frames: number): Promise<Run & { dropFrames: number }> {
    const from = Math.max(0, first - PRIMING);
    const filter = `atrim=start_sample=${from * FRAME}:end_sample=${(first + frames + TAIL) * FRAME},asetpts=N`;
    const { stdout } = await run("ffmpeg", ["-i", source, "-af", filter, "-c:a", "aac", "-aac_coder", "fast", "-b:a", "128k", ...FRAGMENTED, "-"]);
    const splitter = createFragmentSplitter(16_000_000);
    const events = splitter.push(stdout);
    splitter.end();
    const init = events.find((event) => event.kind === "init")?.bytes ?? Buffer.alloc(0);
    // FFmpeg's encoder begins with a frame of its own delay: packet n + 1 holds the samples of frame n.
    return { init, fragments: events.filter((event) => event.kind === "fragment").map((event) => event.bytes), dropFrames: first - from + 1 };
  }

  async function samples(file: string): Promise<Int16Array> {
    const { stdout } = await run("ffmpeg", ["-i", file, "-f", "s16le", "-"]);
    return new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length / 2);
  }

  before(async () => {
    folder = await openFolder();
    source = folder.path("source.wav");
    await run("ffmpeg", ["-f", "lavfi", "-i", `aevalsrc=0.4*sin(2*PI*(200+60*t)*t)+0.2*sin(2*PI*1900*t):s=${RATE}:d=7`, "-y", source]);
  });
  after(() => folder.remove());

  it("join to the sample, as one pass would sound", async () => {
    const [whole, left, right] = [await encode(0, FRAMES), await encode(0, CUT), await encode(CUT, FRAMES - CUT)];
    expect(left.init.equals(right.init)).to.equal(true);
    const slice = (run: typeof left, first: number, frames: number, sequence: number) =>
      sliceAudio(run.fragments, { dropFrames: run.dropFrames, frames, frameDuration: FRAME, baseDecodeTime: first * FRAME, sequence });
    const joined = await folder.write("joined.mp4", left.init, slice(left, 0, CUT, 1), slice(right, CUT, FRAMES - CUT, 2));
    const onePass = await folder.write("whole.mp4", whole.init, slice(whole, 0, FRAMES, 1));

    const packets = await probePackets(joined);
    expect(packets.map((packet) => packet.pts)).to.deep.equal(Array.from({ length: FRAMES }, (_, frame) => frame * FRAME));
    // ffprobe does not say how long the first packet of such a file lasts, not even of FFmpeg's own.
    expect(packets.slice(1).every((packet) => packet.duration === FRAME)).to.equal(true);
    expect((await decode(joined)).stderr).to.equal("");

    const [a, b, original] = [await samples(joined), await samples(onePass), await samples(source)];
    expect(a.length).to.equal(FRAMES * FRAME);
    const difference = (x: Int16Array, y: Int16Array, from: number, to: number) => {
      let sum = 0;
      for (let at = from; at < to; at++) sum += ((x[at] ?? 0) - (y[at] ?? 0)) ** 2;
      return Math.sqrt(sum / (to - from));
    };
    const [around, far] = [[(CUT - 2) * FRAME, (CUT + 2) * FRAME], [20 * FRAME, 140 * FRAME]] as const;
    const atJoint = difference(a, b, ...around);
    const codecNoise = difference(b, original, ...far);
    // No louder than what the codec changes anywhere; without priming it is louder a thousandfold. FFmpeg's default
    // coder (twoloop) takes far longer than any priming to find the rate again, and is heard for half a second.
    expect(atJoint).to.be.lessThan(2 * codecNoise);
    expect(difference(a, original, ...around)).to.be.lessThan(2 * codecNoise);
  });

  it("are refused when the run was too short", async () => {
    const { fragments } = await encode(0, 10);
    expect(() => sliceAudio(fragments, { dropFrames: 8, frames: 10, frameDuration: FRAME, baseDecodeTime: 0, sequence: 1 }))
      .to.throw("the audio run is too short").with.property("type", "encode_failed");
  });
});
