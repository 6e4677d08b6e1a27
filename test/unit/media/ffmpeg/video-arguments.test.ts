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
  return { plan, renditions: [rendition], threads, lane: "play", ...rest };
}

const filtersOf = (given: VideoRun): string => {
  const { outputOptions } = videoArguments(given);
  return outputOptions[outputOptions.indexOf("-vf") + 1] ?? "";
};

describe("FFmpeg's arguments for video", () => {
  it("cut at frames of the source, fed with packets", () => {
    expect(commandLine(videoArguments(run(makeFacts(), "720p", { first: 1, last: 2, input: { kind: "packets", offset: 14_000 } })))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -reinit_filter 0 -f mp4 -noautorotate -i pipe:0 -map 0:v:0
      -vf setpts=PTS-14000,trim=start_pts=25600:end_pts=102400,scale=1280:720:flags=area:out_range=tv,setsar=1,format=yuv420p
      -c:v libx264 -preset veryfast -profile:v high -level:v 3.1 -crf 23 -maxrate 2800k -bufsize 2800k
      -x264-params keyint=infinite:scenecut=0:open-gop=0 -forced-idr 1 -force_key_frames 2.000000,4.000000 -threads 2
      -enc_time_base 1:12800 -fps_mode passthrough -video_track_timescale 12800
      -an -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont -frag_duration 500000 -f mp4`));
  });

  it("cut at a grid of frames, from the start of a file", () => {
    const facts = probedFacts({ video: { frameRate: { num: 30_000, den: 1_001 } } });
    expect(commandLine(videoArguments(run(facts, "360p", { first: 0, last: 0, input: { kind: "file", url: URL } }, 1)))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -reinit_filter 0 -i ${URL} -map 0:v:0
      -vf setpts=PTS-126000,fps=30000/1001:eof_action=pass,tpad=stop=-1:stop_mode=clone,trim=start_pts=0:end_pts=60,scale=640:360:flags=area:out_range=tv,setsar=1,format=yuv420p
      -c:v libx264 -preset veryfast -profile:v high -level:v 3.0 -crf 23 -maxrate 800k -bufsize 800k
      -x264-params keyint=infinite:scenecut=0:open-gop=0 -forced-idr 1 -force_key_frames 0.000000 -threads 1
      -enc_time_base 1:30000 -fps_mode passthrough -video_track_timescale 30000
      -an -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont -frag_duration 500000 -f mp4`));
  });

  it("cut at a grid of frames, from the middle of a file: a second is sought early", () => {
    const facts = probedFacts({ video: { frameRate: { num: 30_000, den: 1_001 } } });
    expect(commandLine(videoArguments(run(facts, "360p", { first: 2, last: 3, input: { kind: "file", url: URL } })))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -reinit_filter 0 -seek_timestamp 1 -noaccurate_seek -ss 4.404000 -i ${URL} -map 0:v:0
      -vf setpts=PTS-126000,fps=30000/1001:eof_action=pass,tpad=stop=-1:stop_mode=clone,trim=start_pts=120:end_pts=300,scale=640:360:flags=area:out_range=tv,setsar=1,format=yuv420p
      -c:v libx264 -preset veryfast -profile:v high -level:v 3.0 -crf 23 -maxrate 800k -bufsize 800k
      -x264-params keyint=infinite:scenecut=0:open-gop=0 -forced-idr 1 -force_key_frames 4.004000,8.008000 -threads 2
      -enc_time_base 1:30000 -fps_mode passthrough -video_track_timescale 30000
      -an -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont -frag_duration 500000 -f mp4`));
  });

  it("read the track that the facts name, from a file; packets have only one", () => {
    const facts = probedFacts({ video: { index: 2 } });
    expect(videoArguments(run(facts, "360p", { first: 0, last: 0, input: { kind: "file", url: URL } })).outputOptions.slice(0, 2)).to.deep.equal(["-map", "0:v:2"]);
    expect(videoArguments(run(makeFacts({ video: { index: 2 } }), "360p", { first: 0, last: 0, input: { kind: "packets", offset: 0 } })).outputOptions.slice(0, 2)).to.deep.equal(["-map", "0:v:0"]);
  });

  it("move times by the offset, which may be nothing or negative", () => {
    const filters = (offset: number): string => filtersOf(run(makeFacts(), "360p", { first: 0, last: 0, input: { kind: "packets", offset } }));
    expect(filters(0)).to.equal("trim=start_pts=0:end_pts=25600,scale=640:360:flags=area:out_range=tv,setsar=1,format=yuv420p");
    expect(filters(512)).to.match(/^setpts=PTS-512,trim/);
    expect(filters(-512)).to.match(/^setpts=PTS\+512,trim/);
  });

  it("scale by areas from half as many pixels again on, else by bicubic, which is sharper", () => {
    const scale = (width: number, height: number, name: string): string | undefined => {
      const facts = probedFacts({ video: { width, height, displayWidth: width, displayHeight: height } });
      return /scale=[^,]+/.exec(filtersOf(run(facts, name, { first: 0, last: 0, input: { kind: "file", url: URL } })))?.[0];
    };
    expect(scale(1920, 1080, "1080p")).to.equal("scale=1920:1080:flags=bicubic:out_range=tv");
    expect(scale(1918, 1080, "720p")).to.equal("scale=1278:720:flags=area:out_range=tv");
    expect(scale(1600, 900, "720p")).to.equal("scale=1280:720:flags=bicubic:out_range=tv");
    expect(scale(1920, 1080, "720p")).to.equal("scale=1280:720:flags=area:out_range=tv");
  });

  it("show HDR on screens that have none, after scaling and also where only its transfer is said", () => {
    const facts = makeFacts({ video: { codec: "hevc", codecString: "hvc1.2.4.L120.B0", pixelFormat: "yuv420p10le", hdr: true } });
    expect(filtersOf(run(facts, "720p", { first: 0, last: 0, input: { kind: "packets", offset: 0 } }))).to.equal(
      "trim=start_pts=0:end_pts=25600,scale=1280:720:flags=area:out_range=tv,setparams=color_primaries=bt2020:colorspace=bt2020nc," +
      "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,setsar=1,format=yuv420p",
    );
  });

  it("turn packets as the source says; a file FFmpeg turns by itself", () => {
    const turned = (rotation: 0 | 90 | 180 | 270): Facts => makeFacts({ video: { rotation, ...(rotation % 180 === 0 ? {} : { displayWidth: 1080, displayHeight: 1920 }) } });
    const filters = (rotation: 0 | 90 | 180 | 270): string => filtersOf(run(turned(rotation), "720p", { first: 0, last: 0, input: { kind: "packets", offset: 0 } }));
    expect(filters(90)).to.include(":end_pts=25600,transpose=clock,scale=720:1280:");
    expect(filters(180)).to.include(":end_pts=25600,hflip,vflip,scale=1280:720:");
    expect(filters(270)).to.include(":end_pts=25600,transpose=cclock,scale=720:1280:");
    const { rotation, displayWidth, displayHeight } = turned(90).video;
    const file = run(probedFacts({ video: { rotation, displayWidth, displayHeight } }), "720p", { first: 0, last: 0, input: { kind: "file", url: URL } });
    expect(filtersOf(file)).to.include(":end_pts=50,scale=720:1280:");
    expect(videoArguments(file).inputOptions).to.not.include("-noautorotate");
  });

  it("weave interlaced fields into frames before they are turned or scaled", () => {
    const facts = makeFacts({ video: { interlaced: true, rotation: 180 } });
    expect(filtersOf(run(facts, "720p", { first: 1, last: 1, input: { kind: "packets", offset: 12_800 } }))).to.equal(
      "setpts=PTS-12800,yadif=mode=send_frame,settb=1/12800,trim=start_pts=25600:end_pts=51200,hflip,vflip,scale=1280:720:flags=area:out_range=tv,setsar=1,format=yuv420p",
    );
  });

  it("mirror before they turn, as a display matrix means it", () => {
    const facts = makeFacts({ video: { mirrored: true, rotation: 90, displayWidth: 1080, displayHeight: 1920 } });
    expect(filtersOf(run(facts, "720p", { first: 0, last: 0, input: { kind: "packets", offset: 0 } }))).to.include(":end_pts=25600,hflip,transpose=clock,scale=");
  });

  it("keep every second frame of a source of 120 a second, by its time", () => {
    const facts = makeFacts({ video: { frameRate: { num: 120, den: 1 } } });
    expect(filtersOf(run(facts, "720p", { first: 0, last: 0, input: { kind: "packets", offset: 0 } }))).to.match(/^select='not\(mod\(round\(pts\*120\/12800\),2\)\)',trim=start_pts=0:end_pts=25600,/);
  });

  it("show the frame again that stands at a boundary in the middle of a still", () => {
    const facts = makeFacts({ video: { codec: "vp9", keyFrames: [0], splitFrames: [10_000], end: 12_800 * 20 } });
    expect(planOf(facts).boundaries.slice(0, 3)).to.deep.equal([0, 25_600, 51_200]);
    expect(filtersOf(run(facts, "720p", { first: 1, last: 1, input: { kind: "packets", offset: 0 } }))).to.match(/^trim=start_pts=10000:end_pts=51200,setpts='max\(PTS,25600\)',scale=/);
  });

  it("make several renditions of one decode", () => {
    const plan = planOf(makeFacts());
    const renditions = plan.video.filter((r) => r.mode === "encode");
    expect(commandLine(videoArguments({ plan, renditions, first: 0, last: 1, threads: 1, lane: "play", input: { kind: "packets", offset: 1024 } }))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -reinit_filter 0 -f mp4 -noautorotate -i pipe:0
      -filter_complex [0:v:0]setpts=PTS-1024,trim=start_pts=0:end_pts=51200,split=2[in0][in1];[in0]scale=1280:720:flags=area:out_range=tv,setsar=1,format=yuv420p[out0];[in1]scale=640:360:flags=area:out_range=tv,setsar=1,format=yuv420p[out1]
      -map [out0] -map [out1]
      -c:v:0 libx264 -preset:v:0 veryfast -profile:v:0 high -level:v:0 3.1 -crf:v:0 23 -maxrate:v:0 2800k -bufsize:v:0 2800k
      -x264-params:v:0 keyint=infinite:scenecut=0:open-gop=0 -forced-idr:v:0 1 -force_key_frames:v:0 0.000000,2.000000 -threads:v:0 1 -enc_time_base:v:0 1:12800
      -c:v:1 libx264 -preset:v:1 veryfast -profile:v:1 high -level:v:1 3.0 -crf:v:1 23 -maxrate:v:1 800k -bufsize:v:1 800k
      -x264-params:v:1 keyint=infinite:scenecut=0:open-gop=0 -forced-idr:v:1 1 -force_key_frames:v:1 0.000000,2.000000 -threads:v:1 1 -enc_time_base:v:1 1:12800
      -fps_mode passthrough -video_track_timescale 12800
      -an -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont -frag_duration 500000 -f mp4`));
  });

  it("ask for what the video shows, more of it where nobody waits", () => {
    const ask = (lane: "play" | "background"): string => videoArguments({ ...run(makeFacts(), "720p", { first: 0, last: 0, input: { kind: "packets", offset: 0 } }), lane, profile: "slides" }).outputOptions.join(" ");
    expect(ask("play")).to.include("-preset faster ").and.to.include("-x264-params keyint=infinite:scenecut=0:open-gop=0:ref=1:psy=0:bframes=5:aq-mode=2:ipratio=1.1 ");
    expect(ask("background")).to.include("-preset medium ").and.to.include(":ipratio=1.1:zones=0,1000000,b=0.841 ");
  });

  it("encode a rendition with the encoder of its codec", () => {
    const plan = planOf(makeFacts(), ["h264", "av1"]);
    const renditions = plan.video.filter(({ name }) => name === "360p-av1");
    expect(videoArguments({ plan, renditions, first: 0, last: 0, threads: 2, lane: "play", input: { kind: "packets", offset: 0 } }).outputOptions.join(" ")).to.include(
      "-c:v libsvtav1 -preset 10 -crf 40 -maxrate 480k -bufsize 480k -g 100000 -svtav1-params level=21:scd=0:irefresh-type=2:enable-force-key-frames=1:lp=2 -force_key_frames 0.000000 -enc_time_base 1:12800 ");
  });

  it("take pictures to the graphics card where a rendition is encoded there, and open it before the input", () => {
    const plan = planOf(makeFacts(), ["h264"], "vaapi");
    const renditions = plan.video.filter(({ mode }) => mode === "encode");
    const { inputOptions, outputOptions } = videoArguments({ plan, renditions, first: 0, last: 0, threads: 2, lane: "background", input: { kind: "packets", offset: 0 } });
    expect(inputOptions.join(" ")).to.include("-copyts -vaapi_device /dev/dri/renderD128 -reinit_filter 0 ");
    expect(outputOptions.join(" ")).to.include("[in0]scale=1280:720:flags=area:out_range=tv,setsar=1,format=yuv420p,format=nv12,hwupload[out0];[in1]scale=640:360:flags=area:out_range=tv,setsar=1,format=yuv420p[out1] ")
      .and.to.include("-c:v:0 h264_vaapi -profile:v:0 high ").and.to.include("-c:v:1 libx264 -preset:v:1 ");
  });

  it("name whole frames of the grid also at a rate whose terms are large", () => {
    const facts = probedFacts({ video: { frameRate: { num: 240_013_639, den: 17_249_874 } } });
    expect(filtersOf(run(facts, "360p", { first: 1, last: 1, input: { kind: "file", url: URL } }))).to.include("fps=240013639/17249874:eof_action=pass,tpad=stop=-1:stop_mode=clone,trim=start_pts=28:end_pts=56,");
  });
});
