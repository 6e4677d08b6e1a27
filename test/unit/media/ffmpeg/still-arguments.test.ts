import { expect } from "chai";
import { stillArguments, type StillFormat, type StillRun } from "../../../../media/ffmpeg/still-arguments.ts";
import { commandLine, oneLine } from "../../../support/command-line.ts";
import { makeFacts, probedFacts } from "../../../support/sample-facts.ts";

const FED: StillRun = { facts: makeFacts(), at: 25_088, width: 640, height: 360, format: "jpg", input: { kind: "packets", offset: 13_824 } };
const FILE: StillRun = { ...FED, facts: probedFacts(), input: { kind: "file", url: "http://127.0.0.1:4000/token" }, at: 450_000 };

const filtersOf = (run: StillRun): string => {
  const { outputOptions } = stillArguments(run);
  return outputOptions[outputOptions.indexOf("-vf") + 1] ?? "";
};

describe("FFmpeg's arguments for a still", () => {
  it("fed with packets: the one frame that has its time", () => {
    expect(commandLine(stillArguments(FED))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -f mp4 -noautorotate -i pipe:0 -map 0:v:0
      -vf setpts=PTS-13824,trim=start_pts=25088:end_pts=25089,scale=640:360:flags=area:out_color_matrix=bt601:out_range=pc,setsar=1,format=yuvj420p
      -frames:v 1 -fps_mode passthrough -an -sn -dn -map_metadata -1 -c:v mjpeg -q:v 3 -f image2pipe`));
  });

  it("from a file: the last frame that is not too late, sought two seconds early", () => {
    expect(commandLine(stillArguments(FILE))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -seek_timestamp 1 -noaccurate_seek -ss 4.400000 -i http://127.0.0.1:4000/token -map 0:v:0
      -vf setpts=PTS-126000,tpad=stop=-1:stop_mode=clone,setpts='if(gt(PTS,450000),180000,0)',fps=1:round=down,scale=640:360:flags=area:out_color_matrix=bt601:out_range=pc,setsar=1,format=yuvj420p
      -frames:v 1 -fps_mode passthrough -an -sn -dn -map_metadata -1 -c:v mjpeg -q:v 3 -f image2pipe`));
    expect(stillArguments({ ...FILE, at: 180_000 }).inputOptions).to.not.include("-ss");
  });

  it("of HD whose colours nothing says in those that players take it for", () => {
    const video = { matrixUnsaid: true, width: 1280, height: 720 };
    expect(filtersOf({ ...FED, facts: makeFacts({ video }) })).to.include(",setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709,scale=640:360:");
    expect(filtersOf({ ...FED, facts: makeFacts({ video: { ...video, height: 576 } }) })).to.not.include("setparams");
  });

  it("in the colours and by the encoder of each format", () => {
    const tail = (format: StillFormat): string => {
      const { outputOptions } = stillArguments({ ...FED, format });
      return [/flags=area:(.*)/.exec(filtersOf({ ...FED, format }))?.[1], ...outputOptions.slice(outputOptions.indexOf("-c:v"))].join(" ");
    };
    expect(tail("webp")).to.equal("out_color_matrix=bt601:out_range=tv,setsar=1,format=yuv420p -c:v libwebp -quality 80 -compression_level 2 -f image2pipe");
    expect(tail("png")).to.equal("out_range=pc,setsar=1,format=rgb24 -c:v png -f image2pipe");
    expect(tail("avif")).to.equal("out_color_matrix=bt601:out_range=pc,setsar=1,format=yuv420p -c:v libaom-av1 -still-picture 1 -usage realtime -cpu-used 8 -crf 30 -b:v 0 -row-mt 1 -f obu");
  });

  it("woven, turned and mapped to a screen's colours, in this order", () => {
    const facts = makeFacts({ video: { interlaced: true, hdr: true, mirrored: true, rotation: 90, displayWidth: 1080, displayHeight: 1920 } });
    expect(filtersOf({ ...FED, facts, at: 0, width: 1080, height: 1920, input: { kind: "packets", offset: 0 } })).to.equal(
      "yadif=mode=send_frame,settb=1/12800,trim=start_pts=0:end_pts=1,hflip,transpose=clock,scale=1080:1920:flags=bicubic," +
      "setparams=color_primaries=bt2020:colorspace=bt2020nc,zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv," +
      "scale=out_color_matrix=bt601:out_range=pc,setsar=1,format=yuvj420p");
  });
});
