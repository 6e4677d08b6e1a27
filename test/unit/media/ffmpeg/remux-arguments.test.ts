import { expect } from "chai";
import { remuxArguments } from "../../../../media/ffmpeg/remux-arguments.ts";

const shown = (args: readonly string[]): string => args.join(" ");
const GUEST = "-nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912";

describe("FFmpeg's arguments for a lossless copy", () => {
  it("copy the picture and the sound as they are", () => {
    expect(shown(remuxArguments("http://127.0.0.1:4000/token", "/data/copy.mov", "copy", 1_000))).to.equal(
      `${GUEST} -fflags +genpts -i http://127.0.0.1:4000/token -map 0:V:0 -map 0:a? -sn -dn -map_metadata -1 -map_chapters -1 -c:v copy -c:a copy -copytb 1 -fs 1000 -f mov -y /data/copy.mov`);
  });

  it("keep sound lossless that cannot be copied, or leave it out", () => {
    expect(shown(remuxArguments("u", "o", "alac", 9))).to.include("-map 0:V:0 -map 0:a? -sn").and.to.include("-c:v copy -c:a alac -copytb 1");
    expect(shown(remuxArguments("u", "o", "none", 9))).to.include("-map 0:V:0 -sn").and.to.include("-c:v copy -copytb 1");
  });
});
