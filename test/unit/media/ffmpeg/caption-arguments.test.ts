import { expect } from "chai";
import { captionArguments } from "../../../../media/ffmpeg/caption-arguments.ts";
import { planOf } from "../../../../media/plan-video.ts";
import { makeFacts } from "../../../support/sample-facts.ts";

describe("FFmpeg's arguments for captions", () => {
  it("take all text tracks in one pass", () => {
    const plan = planOf(makeFacts({ subtitles: [{ index: 1, codec: "subrip" }, { index: 3, codec: "ass", language: "deu" }] }));
    expect(captionArguments(plan, "http://127.0.0.1:1/x")).to.deep.equal({
      input: "http://127.0.0.1:1/x",
      inputOptions: [
        "-nostdin", "-hide_banner", "-v", "error", "-nostats", "-progress", "pipe:2", "-stats_period", "0.5", "-max_alloc", "536870912",
        "-copyts", "-vn", "-an", "-dn",
      ],
      outputOptions: ["-map", "0:s:1", "-map", "0:s:3", "-c:s", "webvtt", "-map_metadata", "-1", "-map_chapters", "-1", "-avoid_negative_ts", "disabled", "-f", "matroska"],
    });
  });
});
