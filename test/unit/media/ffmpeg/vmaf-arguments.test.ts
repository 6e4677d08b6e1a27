import { expect } from "chai";
import { readVmafScore, vmafArguments } from "../../../../media/ffmpeg/vmaf-arguments.ts";

describe("FFmpeg's arguments for VMAF", () => {
  it("take frames in turn from one input, and compare what was made with the source", () => {
    const { input, inputOptions, outputOptions } = vmafArguments({ size: { width: 1280, height: 720 }, threads: 2 });
    expect(input).to.equal("pipe:0");
    expect(inputOptions.slice(-10).join(" ")).to.equal("-v info -f rawvideo -pix_fmt uyvy422 -video_size 1280x720 -framerate 25");
    expect(outputOptions).to.deep.equal([
      "-filter_complex",
      "[0:v]split[a][b];[a]select='eq(mod(n,2),0)',setpts=N/25/TB,format=yuv420p[made];[b]select='eq(mod(n,2),1)',setpts=N/25/TB,format=yuv420p[source];[made][source]libvmaf=n_threads=2",
      "-an", "-f", "null",
    ]);
  });

  it("find the score in what an old and a new FFmpeg say, and nowhere else", () => {
    expect(readVmafScore(["[Parsed_libvmaf_8 @ 0x5581] VMAF score: 87.240134", "frame=8"])).to.equal(87.240134);
    expect(readVmafScore(["Exec FPS: 60.2", "VMAF score = 99.5"])).to.equal(99.5);
    expect(readVmafScore(["VMAF score: 12", "VMAF score: 13"])).to.equal(13);
    for (const lines of [[], ["VMAF score: nan"], ["could not load libvmaf model"]]) expect(readVmafScore(lines)).to.equal(undefined);
  });
});
