import { expect } from "chai";
import { rateAt, type Point } from "../../../bench/bits/curve.ts";
import { addFrame, emptySums } from "../../../bench/bits/ssim.ts";
import { openFolder, run, type Folder } from "../../support/cmaf-media.ts";

const [width, height] = [320, 180];

describe("SSIM of the benchmark", function () {
  this.timeout(60_000);
  let folder: Folder;
  before(async () => { folder = await openFolder(); });
  after(() => folder.remove());

  it("is FFmpeg's", async () => {
    const [source, copy] = [folder.path("source.mkv"), folder.path("copy.mkv")];
    await run("ffmpeg", ["-f", "lavfi", "-i", `testsrc2=size=${width}x${height}:rate=25`, "-frames:v", "1", "-pix_fmt", "yuv420p", "-c:v", "ffv1", source]);
    await run("ffmpeg", ["-i", source, "-c:v", "libx264", "-crf", "40", "-pix_fmt", "yuv420p", copy]);
    const luma = async (path: string): Promise<Uint8Array> => (await run("ffmpeg", ["-i", path, "-vf", "extractplanes=y", "-f", "rawvideo", "-"])).stdout;
    const sums = emptySums();
    addFrame(sums, { source: await luma(source), copy: await luma(copy), before: undefined, width, height });
    const { stdout } = await run("ffmpeg", ["-i", source, "-i", copy, "-lavfi", "ssim=stats_file=-", "-f", "null", "/dev/null"]);
    const expected = Number(/Y:([\d.]+)/.exec(stdout.toString())?.[1]);
    expect(expected).to.be.within(0.5, 0.99);
    expect(1 - sums.loss / sums.windows).to.be.closeTo(expected, 0.0005);
  });

  it("counts as print what has its contrast and stands still", () => {
    const print = Uint8Array.from({ length: width * height }, (_, i) => (i % 2 === 0 ? 16 : 235));
    const paper = new Uint8Array(width * height).fill(235);
    const counted = (source: Uint8Array, before: Uint8Array | undefined): number => {
      const sums = emptySums();
      addFrame(sums, { source, copy: paper, before, width, height });
      return sums.printWindows / sums.windows;
    };
    expect(counted(print, print)).to.equal(1);
    expect(counted(print, paper)).to.equal(0);
    expect(counted(print, undefined)).to.equal(0);
    expect(counted(paper, paper)).to.equal(0);
  });
});

describe("rate at equal quality", () => {
  const point = (kbps: number, loss: number): Point => ({ kbps, loss, printLoss: loss, cpuSec: 1 });
  const points = [point(400, 0.01), point(100, 0.04), point(200, 0.02)];

  it("is that of a measured point, and between two of them on the line of their logarithms", () => {
    expect(rateAt(points, "loss", 0.02)).to.be.closeTo(200, 1e-6);
    expect(rateAt(points, "loss", 0.02 * Math.SQRT2)).to.be.closeTo(200 / Math.SQRT2, 1e-6);
  });

  it("goes straight on beyond the last ones, and is unknown from one alone", () => {
    expect(rateAt(points, "printLoss", 0.005)).to.be.closeTo(800, 1e-6);
    expect(rateAt(points, "printLoss", 0.08)).to.be.closeTo(50, 1e-6);
    expect(rateAt([point(100, 0.01)], "loss", 0.01)).to.be.NaN;
  });
});
