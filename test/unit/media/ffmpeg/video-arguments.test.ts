import { expect } from "chai";
import { videoArguments, type VideoRun } from "../../../../media/ffmpeg/video-arguments.ts";
import { planOf } from "../../../../media/plan-video.ts";
import type { Facts } from "../../../../media/facts.ts";
import { commandLine, oneLine } from "../../../support/command-line.ts";
import { makeFacts, probedFacts } from "../../../support/sample-facts.ts";

const URL = "http://127.0.0.1:4000/token";

function run(facts: Facts, name: string, rest: Pick<VideoRun, "first" | "last" | "input">, threads = 2): VideoRun {
  const plan = planOf(facts);
  const rendition = plan.video.find((r) => r.name === name);
  if (rendition === undefined) throw new Error(`the plan has no ${name}, only ${plan.video.map((r) => r.name).join(", ")}`);
  return { plan, rendition, threads, ...rest };
}

const filtersOf = (given: VideoRun): string => {
  const { outputOptions } = videoArguments(given);
  return outputOptions[outputOptions.indexOf("-vf") + 1] ?? "";
};

describe("FFmpeg's arguments for video", () => {
  it("cut at the source's key frames, fed with packets", () => {
    expect(commandLine(videoArguments(run(makeFacts(), "720p", { first: 1, last: 2, input: { kind: "packets", offset: 14_000 } })))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -protocol_whitelist pipe -format_whitelist DEMUXERS -codec_whitelist DECODERS -max_streams 64 -max_pixels 33554432
      -copyts -reinit_filter 0 -f mp4 -noautorotate -i pipe:0 -map 0:v:0
      -vf setpts=PTS-14000,trim=start_pts=25600:end_pts=102400,scale=1280:720:flags=area,setsar=1,format=yuv420p
      -c:v libx264 -preset veryfast -profile:v high -level:v 3.1 -crf 23 -maxrate 2800k -bufsize 2800k
      -x264-params keyint=infinite:scenecut=0:open-gop=0 -forced-idr 1 -force_key_frames 2.000000,4.000000 -threads 2
      -fps_mode passthrough -enc_time_base 1:12800 -video_track_timescale 12800
      -an -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont+cmaf -f mp4`));
  });

  it("cut at a grid of frames, from the start of a file", () => {
    const facts = probedFacts({ video: { frameRate: { num: 30_000, den: 1_001 } } });
    expect(commandLine(videoArguments(run(facts, "360p", { first: 0, last: 0, input: { kind: "file", url: URL } }, 1)))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -protocol_whitelist http,tcp -format_whitelist DEMUXERS -codec_whitelist DECODERS -max_streams 64 -max_pixels 33554432
      -copyts -reinit_filter 0 -i ${URL} -map 0:v:0
      -vf setpts=PTS-126000,fps=30000/1001:eof_action=pass,tpad=stop=-1:stop_mode=clone,trim=start_pts=0:end_pts=60,scale=640:360:flags=area,setsar=1,format=yuv420p
      -c:v libx264 -preset veryfast -profile:v high -level:v 3.0 -crf 23 -maxrate 800k -bufsize 800k
      -x264-params keyint=infinite:scenecut=0:open-gop=0 -forced-idr 1 -force_key_frames 0.000000 -threads 1
      -fps_mode passthrough -enc_time_base 1:30000 -video_track_timescale 30000
      -an -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont+cmaf -f mp4`));
  });

  it("cut at a grid of frames, from the middle of a file: a second is sought early", () => {
    const facts = probedFacts({ video: { frameRate: { num: 30_000, den: 1_001 } } });
    expect(commandLine(videoArguments(run(facts, "360p", { first: 2, last: 3, input: { kind: "file", url: URL } })))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -protocol_whitelist http,tcp -format_whitelist DEMUXERS -codec_whitelist DECODERS -max_streams 64 -max_pixels 33554432
      -copyts -reinit_filter 0 -seek_timestamp 1 -noaccurate_seek -ss 4.404000 -i ${URL} -map 0:v:0
      -vf setpts=PTS-126000,fps=30000/1001:eof_action=pass,tpad=stop=-1:stop_mode=clone,trim=start_pts=120:end_pts=300,scale=640:360:flags=area,setsar=1,format=yuv420p
      -c:v libx264 -preset veryfast -profile:v high -level:v 3.0 -crf 23 -maxrate 800k -bufsize 800k
      -x264-params keyint=infinite:scenecut=0:open-gop=0 -forced-idr 1 -force_key_frames 4.004000,8.008000 -threads 2
      -fps_mode passthrough -enc_time_base 1:30000 -video_track_timescale 30000
      -an -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont+cmaf -f mp4`));
  });

  it("read the track that the facts name, from a file; packets have only one", () => {
    const facts = probedFacts({ video: { index: 2 } });
    expect(videoArguments(run(facts, "360p", { first: 0, last: 0, input: { kind: "file", url: URL } })).outputOptions.slice(0, 2)).to.deep.equal(["-map", "0:v:2"]);
    expect(videoArguments(run(makeFacts({ video: { index: 2 } }), "360p", { first: 0, last: 0, input: { kind: "packets", offset: 0 } })).outputOptions.slice(0, 2)).to.deep.equal(["-map", "0:v:0"]);
  });

  it("move times by the offset, which may be nothing or negative", () => {
    const filters = (offset: number): string => filtersOf(run(makeFacts(), "360p", { first: 0, last: 0, input: { kind: "packets", offset } }));
    expect(filters(0)).to.equal("trim=start_pts=0:end_pts=25600,scale=640:360:flags=area,setsar=1,format=yuv420p");
    expect(filters(512)).to.match(/^setpts=PTS-512,trim/);
    expect(filters(-512)).to.match(/^setpts=PTS\+512,trim/);
  });

  it("scale by areas from half as many pixels again on, else by bicubic, which is sharper", () => {
    const scale = (width: number, height: number, name: string): string | undefined => {
      const facts = probedFacts({ video: { width, height, displayWidth: width, displayHeight: height } });
      return /scale=[^,]+/.exec(filtersOf(run(facts, name, { first: 0, last: 0, input: { kind: "file", url: URL } })))?.[0];
    };
    expect(scale(1920, 1080, "1080p")).to.equal("scale=1920:1080:flags=bicubic");
    expect(scale(1918, 1080, "720p")).to.equal("scale=1278:720:flags=area");
    expect(scale(1600, 900, "720p")).to.equal("scale=1280:720:flags=bicubic");
    expect(scale(1920, 1080, "720p")).to.equal("scale=1280:720:flags=area");
  });

  it("show HDR on screens that have none, after scaling and also where only its transfer is said", () => {
    const facts = makeFacts({ video: { codec: "hevc", codecString: "hvc1.2.4.L120.B0", pixelFormat: "yuv420p10le", hdr: true } });
    expect(filtersOf(run(facts, "720p", { first: 0, last: 0, input: { kind: "packets", offset: 0 } }))).to.equal(
      "fps=25/1:eof_action=pass,tpad=stop=-1:stop_mode=clone,trim=start_pts=0:end_pts=50," +
      "scale=1280:720:flags=area,setparams=color_primaries=bt2020:colorspace=bt2020nc," +
      "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,setsar=1,format=yuv420p",
    );
  });

  it("turn packets as the source says; a file FFmpeg turns by itself", () => {
    const turned = (rotation: 0 | 90 | 180 | 270): Facts => makeFacts({ video: { rotation, ...(rotation % 180 === 0 ? {} : { displayWidth: 1080, displayHeight: 1920 }) } });
    const filters = (rotation: 0 | 90 | 180 | 270): string => filtersOf(run(turned(rotation), "720p", { first: 0, last: 0, input: { kind: "packets", offset: 0 } }));
    expect(filters(90)).to.include(":end_pts=50,transpose=clock,scale=720:1280:");
    expect(filters(180)).to.include(":end_pts=50,hflip,vflip,scale=1280:720:");
    expect(filters(270)).to.include(":end_pts=50,transpose=cclock,scale=720:1280:");
    const { rotation, displayWidth, displayHeight } = turned(90).video;
    const file = run(probedFacts({ video: { rotation, displayWidth, displayHeight } }), "720p", { first: 0, last: 0, input: { kind: "file", url: URL } });
    expect(filtersOf(file)).to.include(":end_pts=50,scale=720:1280:");
    expect(videoArguments(file).inputOptions).to.not.include("-noautorotate");
  });

  it("weave interlaced fields into frames before they are turned or scaled", () => {
    const facts = makeFacts({ video: { interlaced: true, rotation: 180 } });
    expect(filtersOf(run(facts, "720p", { first: 1, last: 1, input: { kind: "packets", offset: 12_800 } }))).to.equal(
      "setpts=PTS-12800,fps=25/1:eof_action=pass,tpad=stop=-1:stop_mode=clone,trim=start_pts=50:end_pts=100,yadif=mode=send_frame,hflip,vflip,scale=1280:720:flags=area,setsar=1,format=yuv420p",
    );
  });

  it("name whole frames of the grid also at a rate whose terms are large", () => {
    const facts = probedFacts({ video: { frameRate: { num: 240_013_639, den: 17_249_874 } } });
    expect(filtersOf(run(facts, "360p", { first: 1, last: 1, input: { kind: "file", url: URL } }))).to.include("fps=240013639/17249874:eof_action=pass,tpad=stop=-1:stop_mode=clone,trim=start_pts=28:end_pts=56,");
  });
});
