import { expect } from "chai";
import { clipAudioArguments, clipVideoArguments, type ClipVideoRun } from "../../../../media/ffmpeg/clip-arguments.ts";
import { commandLine, oneLine } from "../../../support/command-line.ts";
import { makeFacts, probedFacts } from "../../../support/sample-facts.ts";

const URL = "http://127.0.0.1:4000/token";
const FED: ClipVideoRun = { facts: makeFacts(), start: 25_700, end: 51_200, first: 26_112, width: 1280, height: 720, threads: 1, input: { kind: "packets", offset: 13_824 } };

describe("FFmpeg's arguments for a clip", () => {
  it("of the picture, fed with packets: from its first frame, which is there from the beginning", () => {
    expect(commandLine(clipVideoArguments(FED))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -reinit_filter 0 -f mp4 -noautorotate -i pipe:0 -map 0:v:0
      -vf setpts=PTS-13824,trim=start_pts=26112:end_pts=51200,setpts='if(N,PTS-25700,0)',scale=1280:720:flags=area:out_range=tv,setsar=1,format=yuv420p
      -c:v libx264 -preset veryfast -profile:v high -crf 21 -maxrate 5000k -bufsize 5000k -x264-params open-gop=0 -threads 1 -enc_time_base 1:12800
      -fps_mode passthrough -video_track_timescale 12800
      -an -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont -frag_duration 500000 -f mp4`));
  });

  it("of the picture, from a file: sought a second early", () => {
    const { inputOptions, outputOptions } = clipVideoArguments({ ...FED, facts: probedFacts(), start: 450_000, first: 450_000, end: 540_000, input: { kind: "file", url: URL } });
    expect(inputOptions.slice(inputOptions.indexOf("-copyts")).join(" ")).to.equal("-copyts -reinit_filter 0 -seek_timestamp 1 -noaccurate_seek -ss 5.400000");
    expect(outputOptions[outputOptions.indexOf("-vf") + 1]).to.match(/^setpts=PTS-126000,trim=start_pts=450000:end_pts=540000,setpts='if\(N,PTS-450000,0\)',scale=/);
  });

  it("of the sound: to the sample, after frames that lead up to it", () => {
    expect(commandLine(clipAudioArguments({ facts: makeFacts(), track: 0, sampleRate: 48_000, channels: 2, from: 96_375, to: 192_000, url: URL }))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -seek_timestamp 1 -noaccurate_seek -ss 0.837145 -i ${URL} -map 0:a:0
      -af aresample=48000:async=1:first_pts=88183,atrim=start_pts=88183:end_pts=194048,asetpts=N,apad=whole_len=105865
      -c:a aac -aac_coder fast -b:a 128k -ac 2 -ar 48000
      -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont -frag_duration 500000 -f mp4 -vn`));
  });
});
