import { expect } from "chai";
import { sheetArguments } from "../../../../media/ffmpeg/sheet-arguments.ts";
import { planStoryboard } from "../../../../media/storyboard.ts";
import type { Facts } from "../../../../media/facts.ts";
import type { VideoInput } from "../../../../media/ffmpeg/video-arguments.ts";
import { commandLine, oneLine } from "../../../support/command-line.ts";
import { makeFacts, probedFacts } from "../../../support/sample-facts.ts";

const run = (facts: Facts, sheet: number, input: VideoInput) => commandLine(sheetArguments({ facts, storyboard: planStoryboard(facts), sheet, input }));

describe("FFmpeg's arguments for a sheet of previews", () => {
  it("of key frames, each at its place", () => {
    const facts = makeFacts({ video: { end: 12_800 * 660, rotation: 90, displayWidth: 1080, displayHeight: 1920 } });
    expect(run(facts, 1, { kind: "packets", offset: 1_024 })).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -threads 1 -f mp4 -noautorotate -i pipe:0 -map 0:v:0
      -vf setpts=PTS-1024,fps=1:start_time=0,tpad=stop=-1:stop_mode=clone,trim=end_frame=32,transpose=clock,scale=90:160:flags=area,scale=out_color_matrix=bt601:out_range=pc,setsar=1,format=yuvj420p,tile=10x4
      -frames:v 1 -fps_mode passthrough -an -sn -dn -map_metadata -1 -c:v mjpeg -q:v 5 -f image2pipe`));
  });

  it("of a file whose key frames nobody knows", () => {
    const facts = probedFacts({ video: { end: 126_000 + 90_000 * 660 } });
    expect(run(facts, 1, { kind: "file", url: "http://127.0.0.1:4000/token" })).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -threads 1 -skip_frame nokey -seek_timestamp 1 -noaccurate_seek -ss 500.400000 -i http://127.0.0.1:4000/token -map 0:v:0
      -vf setpts=PTS-45126000,tpad=stop=-1:stop_mode=clone,fps=1/5:start_time=0:round=down,trim=end_frame=32,scale=160:90:flags=area,scale=out_color_matrix=bt601:out_range=pc,setsar=1,format=yuvj420p,tile=10x4
      -frames:v 1 -fps_mode passthrough -an -sn -dn -map_metadata -1 -c:v mjpeg -q:v 5 -f image2pipe`));
  });
});
