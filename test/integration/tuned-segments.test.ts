import { expect } from "chai";
import { createFragmentSplitter } from "../../media/cmaf/encoder-output.ts";
import { PROFILES } from "../../media/content/profile.ts";
import { tuningOf, type Tuning } from "../../media/ffmpeg/tuning.ts";
import { FRAGMENTED, run } from "../support/cmaf-media.ts";

/** The init segment of a rendition that is encoded like this, and how many fragments of ten frames follow it. */
async function encode({ preset, crf, x264Params }: Tuning, size: string, rate: string): Promise<{ init: string; fragments: number }> {
  const { stdout } = await run("ffmpeg", ["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}`, "-frames:v", "30", "-pix_fmt", "yuv420p",
    "-c:v", "libx264", "-preset", preset, "-profile:v", "high", "-level:v", "3.2", "-crf", String(crf), "-maxrate", "2800k", "-bufsize", "2800k",
    "-x264-params", x264Params, "-forced-idr", "1", "-force_key_frames", "expr:eq(mod(n,10),0)", ...FRAGMENTED, "-"]);
  const [init, ...fragments] = createFragmentSplitter(16_000_000).push(stdout);
  return { init: init?.bytes.toString("base64") ?? "", fragments: fragments.length };
}

describe("tuned segments", function () {
  this.timeout(60_000);
  const plain = tuningOf(undefined, "background");
  /** Each once, by what it tells libx264. */
  const tunings = new Map(PROFILES.flatMap((profile) => [tuningOf(profile, "play"), tuningOf(profile, "background")]).map((tuning) => [`${tuning.preset} ${tuning.x264Params}`, tuning]));

  for (const [size, rate] of [["320x180", "30000/1001"], ["640x360", "50"]] as const) {
    it(`go with the init segment of those made before the look, at ${size} and ${rate} frames a second`, async () => {
      const expected = await encode(plain, size, rate);
      expect(expected.fragments).to.equal(3);
      for (const [name, tuning] of tunings) expect(await encode(tuning, size, rate), name).to.deep.equal(expected);
    });
  }

  it("would not with other reference frames, more B-frames or another rate factor: that is seen here", async () => {
    const { init } = await encode(plain, "320x180", "25");
    for (const other of ["ref=3", "bframes=6", "psy=1:subme=7", "crf=25"]) {
      expect((await encode({ ...plain, x264Params: `${plain.x264Params}:${other}` }, "320x180", "25")).init, other).to.not.equal(init);
    }
  });
});
