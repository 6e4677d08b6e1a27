/** Tables that are not what they should be: an index that is read in part gives the verdict of a whole one. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import * as fc from "fast-check";
import { box, readBoxes, u32 } from "../../media/cmaf/boxes.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { measureHoles, openReader, readSpan, spansOf, TINY, WHOLE, type Reader, type Span } from "../support/demuxed.ts";
import { rewriteIndex } from "../support/mp4-index.ts";

type Damage = (file: Buffer) => Buffer;
const [VIDEO, AUDIO] = [0, 1];
/** Of the words of `stts`, the one that says how many entries follow. */
const TIMES = 1;

const change = (wanted: string, index: number, write: (body: Buffer) => void): Damage => (file) => rewriteIndex(file, ({ type, body }, track) => {
  if (type !== wanted || track !== index) return undefined;
  const changed = Buffer.from(body);
  write(changed);
  return box(type, changed);
});
const drop = (wanted: string): Damage => (file) => rewriteIndex(file, ({ type }) => (type === wanted ? Buffer.alloc(0) : undefined));

/** With the index in front, and without the last bytes of the media. */
function cut(file: Buffer): Buffer {
  const moov = readBoxes(file).find(({ type }) => type === "moov");
  if (moov === undefined) throw new Error("no index");
  const shift = moov.end - moov.start;
  const moved = rewriteIndex(file, ({ type, body }) => (type === "stco" ? box(type, body.subarray(0, 8), u32(...Array.from({ length: body.readUInt32BE(4) }, (_, i) => body.readUInt32BE(8 + i * 4) + shift))) : undefined));
  return Buffer.concat([moved.subarray(moov.start, moov.end), moved.subarray(0, moov.start - 3_000)]);
}

const HOSTILE: Readonly<Record<string, Damage>> = {
  "more sizes than the box has": change("stsz", AUDIO, (body) => body.writeUInt32BE(0x4000_0001, 8)),
  "more sizes than there are times": change("stts", AUDIO, (body) => body.writeUInt32BE(10, 8)),
  "fewer sizes than there are times": change("stsz", AUDIO, (body) => body.writeUInt32BE(100, 8)),
  "sizes that are all the same": change("stsz", AUDIO, (body) => body.writeUInt32BE(7, 4)),
  "sizes that are all the same, and beyond counting": change("stsz", AUDIO, (body) => { body.writeUInt32BE(7, 4); body.writeUInt32BE(0xffff_ffff, 8); }),
  "no sizes": drop("stsz"),
  "compact sizes": (file) => rewriteIndex(file, ({ type, body }) => (type === "stsz" ? box("stz2", body.subarray(0, 4), u32(16), body.subarray(8)) : undefined)),
  "more chunks than the box has": change("stco", AUDIO, (body) => body.writeUInt32BE(0xffff_ffff, 4)),
  "fewer chunks than there are": change("stco", VIDEO, (body) => body.writeUInt32BE(20, 4)),
  "no chunks": drop("stco"),
  "more runs of chunks than the box has": change("stsc", AUDIO, (body) => body.writeUInt32BE(0x1555_5556, 4)),
  "chunks without samples": change("stsc", VIDEO, (body) => body.writeUInt32BE(0, 12)),
  "chunks of too many samples": change("stsc", VIDEO, (body) => body.writeUInt32BE(1_000_000, 12)),
  "no runs of chunks": drop("stsc"),
  "no times": drop("stts"),
  "no sample entry": drop("stsd"),
  "no handler": drop("hdlr"),
  "a last chunk beyond the end": change("stco", AUDIO, (body) => body.writeUInt32BE(0x7fff_ffff, body.length - 4)),
  "places that are all nothing": change("stco", AUDIO, (body) => body.fill(0, 8)),
  "a table of nothing": change("stco", AUDIO, (body) => body.fill(0)),
  "a table of a few bytes": (file) => rewriteIndex(file, ({ type }) => (type === "stco" ? box("stco", u32(0)) : undefined)),
  "a file that was cut": cut,
};

describe("an index that is read in part, of tables that are not what they should be", function () {
  this.timeout(120_000);
  let folder: Folder;
  let file: Buffer;
  before(async () => {
    folder = await openFolder();
    const path = folder.path("film.mp4");
    await run("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=12", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=12", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "40", "-c:a", "aac", path]);
    file = readFileSync(path);
    expect((await measureHoles(file, TINY)).left).to.be.above(1_000);
  });
  after(() => folder.remove());

  const attempt = (reader: Reader, span: Span): Promise<unknown> => readSpan(reader, span).catch((error: unknown) => String(error));

  for (const [what, damage] of Object.entries(HOSTILE)) {
    it(`has the verdict of a whole one: ${what}`, async () => {
      const bytes = damage(file);
      const [sparse, whole] = [openReader(bytes, TINY), openReader(bytes, WHOLE)];
      const inspection = await whole.inspect();
      expect(await sparse.inspect()).to.deep.equal(inspection);
      for (const span of spansOf(inspection, 4)) expect(await attempt(sparse, span)).to.deep.equal(await attempt(whole, span));
    });
  }

  it("has its packets, where only what was left out is damaged", async () => {
    const bytes = change("stco", AUDIO, (body) => body.writeUInt32BE(0x7fff_ffff, 8 + (body.readUInt32BE(4) >> 1) * 4))(file);
    const [sparse, whole] = [openReader(bytes, TINY), openReader(bytes, WHOLE)];
    const inspection = await sparse.inspect();
    expect(inspection.outcome).to.equal((await whole.inspect()).outcome);
    for (const span of spansOf(inspection, 4)) expect(await attempt(sparse, span)).to.deep.equal(await attempt(whole, span));
  });

  it("has no packets where all are said to lie in the same place, and to be a file together that is ten times this one", async () => {
    const large = Math.floor(file.length / 41);
    const places = change("stco", VIDEO, (body) => { for (let at = 8; at < body.length; at += 4) body.writeUInt32BE(0, at); });
    const sizes = change("stsz", VIDEO, (body) => { for (let at = 12; at < body.length; at += 4) body.writeUInt32BE(large, at); });
    const reader = openReader(sizes(places(file)), WHOLE);
    const pictures = spansOf(await reader.inspect(), 4).filter(({ track }) => track === "video");
    expect(pictures).to.have.length(4);
    for (const span of pictures) expect(await attempt(reader, span)).to.equal("Error: the span has too many bytes");
  });

  it("has the outcome of a whole one, whatever a table says", async () => {
    const table = fc.constantFrom("stsz", "stsc", "stco", "stts", "stss");
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(table, fc.constantFrom(VIDEO, AUDIO), fc.nat(10_000), fc.nat(0xffff)), { minLength: 1, maxLength: 4 }), async (changes) => {
      // The container reader counts to whatever a word says, which costs the thread that it runs in, and here there is none. So of a
      // word its lower half, and not how many times there are: what lies behind their table would be taken for more of them.
      const bytes = changes.reduce((damaged, [type, track, place, value]) => change(type, track, (body) => {
        const word = place % (body.length >> 2);
        if (type !== "stts" || word !== TIMES) body.writeUInt16BE(value, word * 4 + 2);
      })(damaged), file);
      expect((await openReader(bytes, TINY).inspect()).outcome).to.equal((await openReader(bytes, WHOLE).inspect()).outcome);
    }), { numRuns: 60 });
  });
});
