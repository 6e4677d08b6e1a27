import { expect } from "chai";
import { encoderFor, encoderOf, needsCard, VIDEO_ENCODERS } from "../../../media/video-encoders.ts";

describe("encoders of a video", () => {
  it("are those of a kind of card where it has the codec, else the processor's", () => {
    const chosen = (["software", "nvenc", "qsv", "vaapi"] as const).map((kind) => (["h264", "hevc", "av1"] as const).map((codec) => encoderFor(codec, kind)));
    expect(chosen).to.deep.equal([["libx264", "libx265", "libsvtav1"], ["h264_nvenc", "hevc_nvenc", "av1_nvenc"], ["h264_qsv", "hevc_qsv", "libsvtav1"], ["h264_vaapi", "hevc_vaapi", "libsvtav1"]]);
    expect(chosen.flat().every((encoder) => encoder in VIDEO_ENCODERS)).to.equal(true);
  });

  it("are those that a rendition's plan names, else the processor's", () => {
    expect(encoderOf({ codec: "hevc" })).to.equal("libx265");
    expect(encoderOf({ codec: "hevc", encoder: "hevc_qsv" })).to.equal("hevc_qsv");
  });

  it("need a graphics card where one of them is a card's", () => {
    expect(needsCard([{ codec: "h264" }, { codec: "av1" }])).to.equal(false);
    expect(needsCard([{ codec: "h264" }, { codec: "h264", encoder: "h264_nvenc" }])).to.equal(true);
  });
});
