/** Videos that do not say by which matrix their colours are to be made: smaller renditions and stills look like the source. */
import { expect } from "chai";
import { warmFfmpeg } from "../../mixins/ffmpeg.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { openTestGuest } from "../support/guest.ts";
import { openSegmentFactory, type SegmentFactory } from "../support/made-segments.ts";
import { planFile } from "../support/plan-file.ts";

describe("a video that does not say its colours' matrix", function () {
  this.timeout(60_000);
  let folder: Folder;
  let factory: SegmentFactory;

  before(async () => {
    await warmFfmpeg(await openTestGuest());
    folder = await openFolder();
    factory = await openSegmentFactory();
  });
  after(async () => {
    await factory.close();
    await folder.remove();
  });

  /** What the lowest rendition of a source says. */
  async function matrixOf(name: string, size: string, encode: readonly string[]): Promise<string> {
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=25:duration=2`, ...encode, "-pix_fmt", "yuv420p", folder.path(name)]);
    const file = await planFile(folder.path(name), 0);
    const rendition = file.plan.video.findLast(({ mode }) => mode === "encode")?.name ?? "";
    const { init, segments } = await factory.make(file, rendition, 0, 0);
    const made = await folder.write(`${name}.made.mp4`, Buffer.concat([init, ...segments]));
    return (await run("ffprobe", ["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=color_space", "-of", "csv=p=0", made])).stdout.toString().trim();
  }
  const H264 = ["-c:v", "libx264", "-preset", "ultrafast"];

  it("is HD: what players take it for is said in its renditions, which they would take for something else", async () => {
    expect(await matrixOf("hd.mp4", "1280x720", H264)).to.equal("bt709");
    expect(await matrixOf("hd.ts", "1280x720", H264)).to.equal("bt709");
    expect(await matrixOf("hd.avi", "1280x720", ["-c:v", "mpeg4", "-q:v", "4"])).to.equal("bt709");
  });

  it("is not HD: nothing is said, as nothing is known", async () => {
    expect(await matrixOf("sd.mp4", "640x360", H264)).to.equal("unknown");
  });

  it("says it after all: that stays", async () => {
    expect(await matrixOf("told.mp4", "1280x720", [...H264, "-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc", "smpte170m"])).to.equal("smpte170m");
  });
});
