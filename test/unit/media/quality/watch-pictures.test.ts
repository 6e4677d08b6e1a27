import { expect } from "chai";
import { judgePictures } from "../../../../media/quality/judge.ts";
import type { Picture } from "../../../../media/quality/picture.ts";
import { watchPictures, type PictureNumbers, type TimedPicture } from "../../../../media/quality/watch-pictures.ts";

const SIZE = { width: 64, height: 32 };
/** A bar that moves by two pixels a frame. */
const frame = (at: number): Picture => paint((x) => ((x + at * 2) % 32 < 12 ? 60 : 180));
const black = paint(() => 16);
function paint(luma: (x: number) => number): Picture {
  return { ...SIZE, bytes: Uint8Array.from({ length: SIZE.width * SIZE.height * 2 }, (_, at) => (at % 2 === 0 ? 128 : luma((at >> 1) % SIZE.width))) };
}
const show = (count: number, picture: (at: number) => Picture): TimedPicture[] => Array.from({ length: count }, (_, at) => ({ time: at * 10, picture: picture(at) }));
const SOURCE = show(20, frame).filter((_, at) => at % 5 === 0);

function watch(pictures: readonly TimedPicture[], tolerance = 0, reference: readonly TimedPicture[] = SOURCE): PictureNumbers {
  const watching = watchPictures(reference, tolerance);
  pictures.forEach((shown) => watching.add(shown));
  return watching.end();
}
const faults = (numbers: PictureNumbers): string => judgePictures(numbers).map(({ fault }) => fault).join(" ");

describe("watching a segment beside its source", () => {
  it("compares what is shown at the same time, and counts all", () => {
    const numbers = watch(show(20, frame));
    expect(numbers).to.include({ frames: 20, wanted: 4, compared: 4, minSsim: 1, meanSsim: 1, shifted: 0, moving: 4, black: 0 });
    expect(faults(numbers)).to.equal("");
  });

  it("finds a picture that is a frame early or late, black, still, or another", () => {
    expect(faults(watch(show(20, (at) => frame(at + 1))))).to.equal("picture");
    const slow = (at: number): Picture => paint((x) => 100 + 16 * Math.sin((x + at * 2) / 9));
    const reference = show(20, slow).filter((_, at) => at % 5 === 2);
    expect(faults(watch(show(20, (at) => slow(at + 1)), 0, reference))).to.equal("shifted");
    expect(faults(watch(show(20, (at) => slow(at - 1)), 0, reference))).to.equal("shifted");
    expect(faults(watch(show(20, slow), 0, reference))).to.equal("");
    expect(faults(watch(show(20, () => black)))).to.equal("black");
    expect(faults(watch(show(20, () => frame(0))))).to.equal("frozen");
  });

  it("finds no fault where the source is black or still itself, or was not looked at", () => {
    expect(faults(watch(show(20, () => black), 0, show(20, () => black)))).to.equal("");
    expect(faults(watch(show(20, () => frame(0)), 0, show(20, () => frame(0))))).to.equal("");
    expect(faults(watch(show(20, frame), 0, []))).to.equal("");
  });

  it("misses a picture that has no counterpart", () => {
    expect(faults(watch(show(20, frame).map((shown) => ({ ...shown, time: shown.time + 3 }))))).to.equal("shifted");
  });

  it("takes on a grid what is within a frame", () => {
    const numbers = watch(show(20, frame), 10, SOURCE.map((shown) => ({ ...shown, time: shown.time + 4 })));
    expect(numbers).to.include({ compared: 4, minSsim: 1 });
  });

  it("compares the only picture there is", () => {
    expect(watch(show(1, frame), 0, show(1, frame))).to.include({ frames: 1, compared: 1, moving: 0 });
  });
});
