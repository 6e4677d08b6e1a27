/**
 * Every accepted input of the corpus, and a real lecture, film and screencast: the segments of its renditions, made one
 * by one and not in order, are joined and compared with one pass of FFmpeg over the source.
 */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { decodePictures, largestShift, misplaced, type Decoded } from "../support/one-pass.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { findSharedMedia } from "../support/lectures.ts";
import { planFile } from "../support/plan-file.ts";
import { openSegmentMaker, type SegmentMaker } from "../support/segment-maker.ts";

/** Times are told in the ticks of a copy or of milliseconds. */
const TICK_SEC = 0.0011;

interface Entry { file: string; expect: "accept" | "reject" }

/** What is known to differ from one pass, and why that is right. */
const DIFFERENT: Readonly<Record<string, { times?: true; pictures?: true }>> = {
  "negative-ts.mkv": { times: true }, // one pass puts frames on top of each other
  "res-change.ts": { times: true }, // the same: two clocks overlap
  "bitflip.ts": { pictures: true }, // what a decoder makes of damage depends on where it began
  "fps120.mp4": {},
};
/** Decoded for nothing: the same frames for hours, sixteen million pixels each, or those of good-base.mp4 behind other headers. */
const LEFT_OUT = new Set([
  "long-12h-1fps.mp4", "heavy-4096-60fps.mp4",
  "dims-tkhd-huge.mp4", "dur-mvhd-136years.mp4", "dur-zero.mp4", "timescale-zero.mp4", "fourcc-unknown-audio.mp4", "meta-xss.mkv", "chapters.mp4",
]);

function corpus(): string[] {
  const manifest = findSharedMedia("corpus/manifest.json");
  if (manifest === undefined) return [];
  const { files } = JSON.parse(readFileSync(manifest, "utf8")) as { files: Entry[] };
  return files.filter((entry) => entry.expect === "accept").map(({ file }) => `corpus/${file}`);
}

describe("segments of the corpus, joined", function () {
  this.timeout(60_000);
  let folder: Folder;
  let maker: SegmentMaker;
  before(async () => {
    folder = await openFolder();
    maker = await openSegmentMaker();
  });
  after(async () => {
    await maker.close();
    await folder.remove();
  });

  const inputs = [...corpus(), "film.avi", "screencast.webm", "lab.mp4"].filter((name) => findSharedMedia(name) !== undefined);
  for (const name of inputs.filter((input) => !LEFT_OUT.has(input.split("/").at(-1) ?? ""))) {
    it(`are one pass over ${name}`, async () => {
      const path = findSharedMedia(name) ?? "";
      const short = name.split("/").at(-1) ?? "";
      const [file, reference] = await Promise.all([planFile(path), decodePictures(path)]);
      const renditions = [file.plan.video.find((r) => r.mode === "repackage"), file.plan.video.findLast((r) => r.mode === "encode")];
      for (const rendition of renditions) {
        if (rendition === undefined) continue;
        const joined = await decodePictures(await folder.write(`${short}.${rendition.name}.mp4`, await maker.join(file, rendition.name)));
        const wanted = rendition.mode === "encode" ? kept(reference, file.plan.facts.video.frameRate) : reference;
        const { times, pictures } = DIFFERENT[short] ?? {};
        expect(joined.pictures.length, `${rendition.name}: frames`).to.equal(wanted.pictures.length);
        if (pictures !== true) expect(misplaced(joined, wanted), `${rendition.name}: frames that are not where they belong`).to.deep.equal([]);
        if (times !== true) expect(largestShift(joined, wanted), `${rendition.name}: seconds off`).to.be.at.most(TICK_SEC);
        if (pictures !== true) expect(joined.complaints, `${rendition.name}: complaints of the decoder`).to.deep.equal([]);
      }
      for (const { name: sound } of file.plan.audio) expect((await maker.join(file, sound)).length, sound).to.be.greaterThan(1_000);
    });
  }
});

/** Of a source of more than 60 frames a second an encode keeps every second, third, … */
function kept(reference: Decoded, { num, den }: { num: number; den: number }): Decoded {
  const every = Math.ceil(num / den / 60.6);
  const isKept = (_: unknown, i: number): boolean => i % every === 0;
  return { ...reference, times: reference.times.filter(isKept), pictures: reference.pictures.filter(isKept) };
}
