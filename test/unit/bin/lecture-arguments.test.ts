import { expect } from "chai";
import { lectureArguments } from "../../../bin/demo/lecture-arguments.ts";
import { LECTURE_TITLE, SLIDES, SLIDE_SEC } from "../../../bin/demo/slides.ts";

describe("the demo's lecture", () => {
  it("is a minute long and holds nothing that FFmpeg's filter syntax would read", () => {
    expect(SLIDES.length * SLIDE_SEC).to.equal(60);
    for (const text of [LECTURE_TITLE, ...SLIDES.flatMap(({ title, points, speech }) => [title, ...points, speech])]) expect(text).to.not.match(/['\\:%]/);
  });

  it("has a key frame every two seconds", () => {
    const args = lectureArguments({ drawtext: true, flite: true }, "out.mp4");
    expect(args.join(" ")).to.include("-g 60 -keyint_min 60 -sc_threshold 0").and.match(/ out\.mp4$/);
  });

  it("does without words and voice where FFmpeg has none", () => {
    expect(lectureArguments({ drawtext: false, flite: false }, "out.mp4").join(" ")).to.not.match(/drawtext|flite/);
  });
});
