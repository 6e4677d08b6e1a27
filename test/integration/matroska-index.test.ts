/** Matroska is read by its cues: what they say is what a look at every frame finds, for a fraction of the bytes. */
import { expect } from "chai";
import { open, readFile, stat, type FileHandle } from "node:fs/promises";
import type { AudioFacts, Facts, VideoFacts } from "../../media/facts.ts";
import { canRepackageAudio, canRepackageVideo } from "../../media/playable.ts";
import { closeDemuxer, openDemuxer, type Demuxer } from "../../mixins/demuxer/demuxer.ts";
import type { OpenSource, Packet } from "../../mixins/demuxer/demuxer.contract.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";

const X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p", "-sc_threshold", "0"];
const VP8 = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "200k"];

describe("the index of Matroska", function () {
  this.timeout(60_000);
  let folder: Folder;
  let demuxer: Demuxer;
  let opened = 0;
  const files: FileHandle[] = [];

  before(async () => {
    folder = await openFolder();
    demuxer = openDemuxer();
  });
  after(async () => {
    await closeDemuxer();
    for (const file of files) await file.close();
    await folder?.remove();
  });

  /** `options`: of the encoders; sound is made at 44.1 kHz. */
  async function make(name: string, seconds: number, options: readonly string[], output: readonly string[] = []): Promise<string> {
    const path = folder.path(name);
    const inputs = ["-f", "lavfi", "-i", `testsrc2=size=320x180:rate=25:duration=${seconds}`, "-f", "lavfi", "-i", `sine=frequency=440:sample_rate=44100:duration=${seconds}`];
    await run("ffmpeg", [...inputs, ...options, "-shortest", ...output, "-y", path]);
    return path;
  }

  /** Looks at a file that nobody has looked at before. */
  async function look(path: string): Promise<{ facts: Facts; video: VideoFacts; audio: AudioFacts; fetched: number; packets: (from: number, to: number) => Promise<Packet[]> }> {
    const file = await open(path);
    files.push(file);
    const source: OpenSource = { key: `${path}#${++opened}`, size: (await stat(path)).size };
    let fetched = 0;
    const read = async (start: number, end: number): Promise<Uint8Array> => {
      fetched += end - start;
      const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      return buffer;
    };
    const inspection = await demuxer.inspect(source, read);
    if (inspection.outcome !== "facts") throw new Error(`${path}: ${inspection.outcome}`);
    const { facts } = inspection;
    const [audio] = facts.audio;
    if (audio === undefined) throw new Error(`${path} has no sound`);
    return { facts, video: facts.video, audio, fetched, packets: (from, to) => demuxer.packets(source, read, { track: "audio", index: 0, timescale: audio.timescale, from, to }) };
  }

  /** The same file with an index that says nothing: its Cues become a Void element. */
  async function withoutCues(path: string): Promise<string> {
    const bytes = await readFile(path);
    const at = bytes.lastIndexOf(Buffer.from("1c53bb6b", "hex"));
    const size = bytes.readUIntBE(at + 4, 1) >= 0x80 ? 1 : bytes.readUIntBE(at + 4, 1) >= 0x40 ? 2 : 3;
    const total = 4 + size + (bytes.readUIntBE(at + 4, size) - 2 ** (7 * size));
    Buffer.concat([Buffer.from([0xec, 0x01]), sizeIn(7, total - 9)]).copy(bytes, at);
    return await folder.write(`${++opened}.mkv`, bytes);
  }

  it("has the key frames that a look at all frames finds", async () => {
    for (const [name, options] of [["h264.mkv", [...X264, "-g", "50", "-c:a", "aac"]], ["vp8.webm", [...VP8, "-g", "75", "-c:a", "libvorbis"]]] as const) {
      const path = await make(name, 30, options);
      const [byCues, byFrames] = [await look(path), await look(await withoutCues(path))];
      expect(byCues.video.keyFrames, name).to.have.length.above(9);
      expect({ ...byCues.facts, size: 0 }, name).to.deep.equal({ ...byFrames.facts, size: 0 });
    }
  });

  it("costs the same whatever the length", async () => {
    const clip = await make("clip.mkv", 20, [...X264, "-g", "50", "-b:v", "2M", "-minrate", "2M", "-x264-params", "nal-hrd=cbr:filler=1", "-bufsize", "1M", "-maxrate", "2M", "-c:a", "aac"]);
    const long = folder.path("long.mkv");
    await run("ffmpeg", ["-stream_loop", "29", "-i", clip, "-c", "copy", "-y", long]);
    const { size } = await stat(long);
    const { fetched, video, facts } = await look(long);
    expect(size).to.be.above(100e6);
    expect(fetched).to.be.below(size / 10);
    expect(video.keyFrames).to.have.length(300);
    expect(canRepackageVideo(facts)).to.equal(true);
  });

  it("is not believed where a cue is of no key frame, or of no frame", async () => {
    const path = await make("lying.mkv", 20, [...X264, "-g", "50", "-c:a", "aac"]);
    const honest = await look(path);
    const bytes = await readFile(path);
    const cues = bytes.lastIndexOf(Buffer.from("1c53bb6b", "hex"));
    const time = Buffer.alloc(2);
    time.writeUInt16BE(honest.video.keyFrames.at(-1) ?? 0);
    const last = bytes.indexOf(Buffer.concat([Buffer.from([0xb3, 0x82]), time]), cues); // CueTime of the last key frame
    expect(last).to.be.above(cues);
    bytes[last + 3] = (bytes[last + 3] ?? 0) ^ 40;
    const { video } = await look(await folder.write("lying-2.mkv", bytes));
    expect(video.keyFrames).to.deep.equal(honest.video.keyFrames);
  });

  it("is enough for what is served as it is, also with key frames far apart; what is encoded is looked at between them", async () => {
    const h264 = await look(await make("sparse.mkv", 40, [...X264, "-g", "250", "-c:a", "aac"]));
    expect([h264.video.keyFrames.length, canRepackageVideo(h264.facts)]).to.deep.equal([4, true]);
    const vp8 = await look(await make("sparse.webm", 40, [...VP8, "-g", "250", "-c:a", "libvorbis"]));
    expect(vp8.video.keyFrames).to.have.length(4);
    expect(vp8.video.splitFrames.at(-1)).to.be.above(36_000);
  });

  describe("of AAC", () => {
    it("gives each frame its place, to the sample, as an MP4 of the same frames does", async () => {
      const mp4 = await make("sound.mp4", 30, [...X264, "-g", "50", "-c:a", "aac"]);
      const mkv = folder.path("sound.mkv");
      await run("ffmpeg", ["-i", mp4, "-c", "copy", "-y", mkv]);
      const [ours, theirs] = [await look(mkv), await look(mp4)];
      expect([ours.audio.timescale, canRepackageAudio(ours.facts, ours.audio)]).to.deep.equal([44_100, true]);
      const wanted = await theirs.packets(theirs.audio.start, theirs.audio.end);
      const cuts = [ours.audio.start, 70_001, 70_002, 441_000, 1_000_000, ours.audio.end];
      const joined = (await Promise.all(cuts.slice(1).map((end, i) => ours.packets(cuts[i] ?? 0, end)))).flat();
      const shift = (joined[0]?.pts ?? 0) - (wanted[0]?.pts ?? 0);
      expect(joined.map(({ pts, duration }) => [pts - shift, duration])).to.deep.equal(wanted.map(({ pts }) => [pts, 1024]));
      expect(Buffer.concat(joined.map(({ data }) => data)).equals(Buffer.concat(wanted.map(({ data }) => data)))).to.equal(true);
    });

    it("is not put on a grid that it leaves, by a pause or by a clock of its own", async () => {
      const pause = await make("pause.mkv", 20, [...X264, "-g", "50", "-c:a", "aac"], ["-bsf:a", "setts=ts=TS+gt(N\\,400)*490"]);
      const drift = await make("drift.mkv", 20, [...X264, "-g", "50", "-c:a", "aac"], ["-bsf:a", "setts=ts=TS*1.001"]);
      for (const path of [pause, drift]) {
        const { audio, facts } = await look(path);
        expect([audio.timescale, canRepackageAudio(facts, audio)], path).to.deep.equal([1_000, false]);
      }
    });
  });
});

/** A size of EBML in `width` bytes. */
function sizeIn(width: number, value: number): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value % 2 ** 48, Math.max(0, width - 6), Math.min(6, width));
  return bytes;
}
