import { expect } from "chai";
import { lookArguments } from "../../../../media/ffmpeg/look-arguments.ts";

describe("FFmpeg's arguments for a look", () => {
  it("show the frames it is fed, small and grey", () => {
    expect(lookArguments({ width: 640, height: 360 })).to.deep.equal({
      input: "pipe:0",
      inputOptions: [
        "-nostdin", "-hide_banner", "-v", "error", "-nostats", "-progress", "pipe:2", "-stats_period", "0.5", "-max_alloc", "536870912",
        "-threads", "1", "-f", "mp4", "-noautorotate",
      ],
      outputOptions: ["-map", "0:v:0", "-vf", "scale=640:360:flags=area,format=gray", "-fps_mode", "passthrough", "-f", "rawvideo"],
    });
  });
});
