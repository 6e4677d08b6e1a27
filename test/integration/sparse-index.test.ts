/** The index of an MP4 that is read in part says what a whole one says: every fact, and every packet of every track. */
import { expect } from "chai";
import { existsSync, globSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { box, readBoxes, u64 } from "../../media/cmaf/boxes.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { measureHoles, openReader, readSpan, SMALL, spansOf, TINY, WHOLE } from "../support/demuxed.ts";
import { rewriteIndex } from "../support/mp4-index.ts";

const SHARED = resolve(fileURLToPath(new URL("../../../shared/media", import.meta.url)));
const SECONDS = 12;
const PICTURE = ["-f", "lavfi", "-i", `testsrc2=size=160x90:rate=25:duration=${SECONDS}`];
const sound = (hertz: number): string[] => ["-f", "lavfi", "-i", `sine=frequency=${hertz}:sample_rate=48000:duration=${SECONDS}`];
const X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "40"];
const MADE: Readonly<Record<string, readonly string[]>> = {
  "index-first.mp4": [...PICTURE, ...sound(440), ...X264, "-c:a", "aac", "-movflags", "+faststart"],
  "index-last.mp4": [...PICTURE, ...sound(440), ...X264, "-c:a", "aac"],
  "late-sound.mov": [...PICTURE, "-itsoffset", "0.7", ...sound(440), ...X264, "-c:a", "aac"],
  "two-sounds.mp4": [...PICTURE, ...sound(440), ...sound(880), "-map", "0", "-map", "1", "-map", "2", ...X264, "-c:a:0", "aac", "-c:a:1", "ac3", "-metadata:s:a:1", "language=deu"],
  "sound-first.mp4": [...PICTURE, ...sound(440), "-map", "1", "-map", "0", ...X264, "-c:a", "aac"],
  "mp3.mp4": [...PICTURE, ...sound(440), ...X264, "-c:a", "libmp3lame"],
  "pcm.mov": [...PICTURE, ...sound(440), ...X264, "-c:a", "pcm_s16le"],
  "vp9-opus.mp4": [...PICTURE, ...sound(440), "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "40", "-c:a", "libopus"],
  "mpeg4-dts.mp4": [...PICTURE, ...sound(440), "-c:v", "mpeg4", "-c:a", "dca", "-strict", "-2"],
  "every-frame-a-key.mov": [...PICTURE, ...sound(440), "-c:v", "mjpeg", "-c:a", "aac"],
};

/** All of it, once from its beginning and once from its end. Tells how much of the index was left out. */
async function compare(bytes: Buffer, parts = 4, options = TINY): Promise<{ left: number; all: number; packets: number }> {
  const whole = openReader(bytes, WHOLE);
  const inspection = await whole.inspect();
  const sparse = openReader(bytes, options);
  expect(await sparse.inspect()).to.deep.equal(inspection);
  const backwards = openReader(bytes, options);
  const spans = spansOf(inspection, parts);
  const expected = new Map<object, object[]>();
  for (const span of spans) {
    expected.set(span, await readSpan(whole, span));
    expect(await readSpan(sparse, span)).to.deep.equal(expected.get(span));
  }
  for (const span of spans.toReversed()) expect(await readSpan(backwards, span)).to.deep.equal(expected.get(span));
  return { ...(await measureHoles(bytes, options)), packets: [...expected.values()].flat().length };
}

describe("an index that is read in part", function () {
  this.timeout(120_000);
  let folder: Folder;
  before(async () => {
    folder = await openFolder();
    await Promise.all(Object.entries(MADE).map(([name, args]) => run("ffmpeg", ["-v", "error", ...args, folder.path(name)])));
  });
  after(() => folder.remove());

  for (const name of Object.keys(MADE)) {
    it(`says what the whole one says: ${name}`, async () => {
      const { left, all, packets } = await compare(readFileSync(folder.path(name)));
      expect(packets).to.be.above(25 * SECONDS);
      expect(left, "something is left out").to.be.above(all / 20);
    });
  }

  it("says it of text tracks", async () => {
    const text = folder.path("text.srt");
    await writeFile(text, Array.from({ length: SECONDS }, (_, i) => `${i + 1}\n00:00:${String(i).padStart(2, "0")},000 --> 00:00:${String(i).padStart(2, "0")},900\nline ${i}\n`).join("\n"));
    const path = folder.path("text.mp4");
    await run("ffmpeg", ["-v", "error", "-i", folder.path("two-sounds.mp4"), "-i", text, "-map", "0", "-map", "1", "-c", "copy", "-c:s", "mov_text", "-metadata:s:s:0", "language=eng", path]);
    const bytes = readFileSync(path);
    expect((await compare(bytes)).left).to.be.above(0);
    const reader = openReader(bytes, TINY);
    const subtitles = [{ index: 0, codec: "mov_text", language: "eng" }];
    for (const time of ["first", "second"]) expect(await reader.inspect(), time).to.have.nested.property("facts.subtitles").that.deep.equals(subtitles);
  });

  it("says it of 64-bit places", async () => {
    const bytes = rewriteIndex(readFileSync(folder.path("index-last.mp4")), ({ type, body }) =>
      type === "stco" ? box("co64", body.subarray(0, 8), u64(...Array.from({ length: body.readUInt32BE(4) }, (_, i) => body.readUInt32BE(8 + i * 4)))) : undefined);
    expect((await compare(bytes)).left).to.be.above(1_000);
  });

  it("is read whole once, however many want what it does not say", async () => {
    const bytes = readFileSync(folder.path("index-first.mp4"));
    const index = readBoxes(bytes).find(({ type }) => type === "moov");
    const reads: string[] = [];
    const reader = openReader(bytes, TINY, async (start, end) => {
      reads.push(`${start}-${end}`);
      return bytes.subarray(start, end);
    });
    const spans = spansOf(await reader.inspect(), 4);
    await Promise.all(spans.map((span) => readSpan(reader, span)));
    expect(reads.filter((read) => read === `${(index?.start ?? 0) + 8}-${index?.end}`)).to.have.length(1);
  });

  it("says it of real lectures", async () => {
    const files = existsSync(SHARED) ? globSync(`${SHARED}/{lecture-en,talk}.mp4`) : [folder.path("index-first.mp4")];
    for (const file of files) expect((await compare(readFileSync(file), 16, file.includes("lecture") ? SMALL : TINY)).left, file).to.be.above(0);
  });

  it("says it of every MP4 of the corpus, though hardly one is long enough", async () => {
    const files = existsSync(SHARED) ? globSync(`${SHARED}/corpus/f/*.{mp4,mov,m4a}`) : [folder.path("index-last.mp4")];
    for (const file of files) {
      try {
        await compare(readFileSync(file));
      } catch (error) {
        throw new Error(`${basename(file)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }
  });
});
