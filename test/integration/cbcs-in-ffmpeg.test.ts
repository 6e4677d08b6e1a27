/** Media encrypted by `cbcs` and read by who has not encrypted them: FFmpeg decrypts them to the frames that they were. */
import { execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { createFragmentSplitter } from "../../media/cmaf/encoder-output.ts";
import { protectSegment } from "../../media/cmaf/encryption/protect-fragment.ts";
import { protectInit, readTrack } from "../../media/cmaf/encryption/protect-init.ts";
import { readFragment, writeFragment } from "../../media/cmaf/fragment.ts";
import { nalUnits } from "../../media/h264.ts";
import { openParameterSets } from "../../media/h264-slices.ts";
import { encryptBlocks } from "../support/cbcs.ts";
import { FRAGMENTED, openFolder, run, type Folder } from "../support/cmaf-media.ts";

const SECRET = { key: Buffer.from("00112233445566778899aabbccddeeff", "hex"), iv: Buffer.from("0f0e0d0c0b0a09080706050403020100", "hex") };
const PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-t", "4", "-pix_fmt", "yuv420p", "-g", "50", "-c:v", "libx264"];
const KINDS: Readonly<Record<string, readonly string[]>> = {
  "High, with a pyramid of B-frames": [...PICTURE, "-preset", "veryfast", "-bf", "3", "-x264-params", "b-pyramid=normal"],
  "eight slices, weights, interlaced": [...PICTURE, "-preset", "medium", "-x264-params", "slices=8:weightp=2:interlaced=1:ref=4"],
  "Baseline, CAVLC": [...PICTURE, "-profile:v", "baseline"],
  "weights on a fade": ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25,fade=in:0:90", "-t", "4", "-pix_fmt", "yuv420p", "-g", "50", "-c:v", "libx264", "-preset", "slower", "-bf", "2"],
};

describe("cbcs, read by FFmpeg", function () {
  this.timeout(60_000);
  let folder: Folder;
  before(async () => { folder = await openFolder(); });
  after(() => folder.remove());

  async function make(name: string, args: readonly string[]): Promise<{ init: Buffer; fragments: Buffer[]; path: string }> {
    const path = folder.path(`${name.replace(/\W+/g, "-")}.mp4`);
    await run("ffmpeg", ["-y", ...args, ...FRAGMENTED, path]);
    const events = createFragmentSplitter(64 * 1024 * 1024).push(await readFile(path));
    const init = events.find(({ kind }) => kind === "init")?.bytes ?? Buffer.alloc(0);
    return { init, path, fragments: events.flatMap(({ kind, bytes }) => (kind === "fragment" ? [rewrite(bytes)] : [])) };
  }

  async function roundTrip({ init, fragments }: { init: Buffer; fragments: readonly Buffer[] }): Promise<{ plain: string; decrypted: string; undecrypted: string }> {
    const segment = protectSegment(readTrack(init), encryptBlocks(SECRET));
    const encrypted = [protectInit(init, { keyId: Buffer.alloc(16, 0xaa), iv: SECRET.iv }), ...fragments.flatMap((fragment) => [...segment.push(fragment)])];
    const key = ["-decryption_key", SECRET.key.toString("hex")];
    return { plain: await hashes([init, ...fragments], []), decrypted: await hashes(encrypted, key), undecrypted: await hashes(encrypted, []) };
  }

  for (const [name, args] of Object.entries(KINDS)) {
    it(`is, decrypted, every frame that it was: ${name}`, async () => {
      const { plain, decrypted, undecrypted } = await roundTrip(await make(name, args));
      expect(plain.split("\n").length).to.be.above(95);
      expect(decrypted).to.equal(plain);
      expect(undecrypted).to.not.equal(plain);
    });

    it(`begins behind each slice's header, as FFmpeg reads it: ${name}`, async () => {
      const { init, fragments, path } = await make(name, args);
      const track = readTrack(init);
      if (track.kind !== "video") throw new Error("no video");
      const sets = openParameterSets(track.configuration);
      const slices = fragments.flatMap((fragment) => readFragment(fragment).data).flatMap((frame) => [...nalUnits(frame, track.lengthSize)]).filter(([head = 0]) => [1, 5].includes(head & 0x1f));
      expect(slices.map((slice) => sets.sliceHeaderBytes(slice))).to.deep.equal(await headerBytes(path));
    });
  }

  it("is, decrypted, every sample of sound that it was", async () => {
    const { plain, decrypted, undecrypted } = await roundTrip(await make("sound", ["-f", "lavfi", "-i", "sine", "-t", "4", "-c:a", "aac"]));
    expect(decrypted).to.equal(plain).and.not.equal(undecrypted);
  });
});

/** As stored segments are; priming, which FFmpeg puts before 0, is moved behind it. */
function rewrite(bytes: Buffer): Buffer {
  const fragment = readFragment(bytes);
  return writeFragment({ ...fragment, baseDecodeTime: fragment.baseDecodeTime + 4096 });
}

/** Of each decoded frame. Through a pipe: from a file, FFmpeg 5.1 takes the maps of one fragment for those of another. */
async function hashes(parts: readonly Buffer[], options: readonly string[]): Promise<string> {
  const child = spawn("ffmpeg", ["-v", "quiet", ...options, "-i", "pipe:", "-f", "framemd5", "-"], { stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.on("error", () => undefined); // it may have had enough
  child.stdin.end(Buffer.concat(parts));
  const said: Buffer[] = [];
  for await (const chunk of child.stdout) said.push(chunk as Buffer);
  return Buffer.concat(said).toString().split("\n").filter((line) => !line.startsWith("#")).join("\n");
}

/** Of every slice, the header of the unit included. */
async function headerBytes(path: string): Promise<number[]> {
  const args = ["-v", "trace", "-i", path, "-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"];
  const log = await new Promise<string>((resolve, reject) => {
    execFile("ffmpeg", args, { maxBuffer: 1024 * 1024 * 1024 }, (error, _stdout, stderr) => { if (error === null) resolve(stderr); else reject(error); });
  });
  const sizes: number[] = [];
  let [inSlice, bits] = [false, 0];
  const end = (): void => { if (inSlice) sizes.push(Math.ceil(bits / 8)); };
  for (const line of log.split("\n").filter((text) => text.includes("trace_headers"))) {
    const [, position, value] = /\] (\d+)\s+\S+\s+([01]+) = /.exec(line) ?? [];
    const [, heading] = /\] ([A-Z][A-Za-z ]+)$/.exec(line) ?? [];
    if (position !== undefined && value !== undefined) bits = Number(position) + value.length;
    if (heading === undefined) continue;
    end();
    inSlice = heading === "Slice Header";
  }
  end();
  return sizes;
}
