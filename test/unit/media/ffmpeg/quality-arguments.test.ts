import { expect } from "chai";
import { cornerArguments, pictureArguments, referenceArguments, soundArguments, soundReferenceArguments } from "../../../../media/ffmpeg/quality-arguments.ts";
import { stagedFacts } from "../../../support/staged-plan.ts";

const START = ["-nostdin", "-hide_banner", "-v", "error", "-nostats", "-progress", "pipe:2", "-stats_period", "0.5", "-max_alloc", "536870912"];
const SIZE = { width: 320, height: 180 };
const pictures = (timescale: string): string[] => [
  "-c:v", "rawvideo", "-pix_fmt", "uyvy422", "-fps_mode", "passthrough", "-enc_time_base", `1:${timescale}`, "-video_track_timescale", timescale,
  "-an", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1", "-avoid_negative_ts", "disabled", "-movflags", "+frag_every_frame+empty_moov+default_base_moof+frag_discont", "-f", "mov",
];
const facts = stagedFacts(20);

describe("FFmpeg's arguments for checks", () => {
  it("show all frames of an encode", () => {
    expect(pictureArguments({ size: SIZE, timescale: 12_800, threads: 1 })).to.deep.equal({
      input: "pipe:0",
      inputOptions: [...START, "-copyts", "-threads", "1", "-f", "mp4"],
      outputOptions: ["-map", "0:v:0", "-vf", "scale=320:180:flags=area:out_range=tv", ...pictures("12800")],
    });
  });

  it("show a corner of what is the source's own", () => {
    expect(cornerArguments({ timescale: 12_800, threads: 1 })).to.deep.equal({
      input: "pipe:0",
      inputOptions: [...START, "-copyts", "-threads", "1", "-skip_loop_filter", "all", "-f", "mp4"],
      outputOptions: ["-map", "0:v:0", "-vf", "crop=2:2:0:0", ...pictures("12800")],
    });
  });

  it("show some frames of a source that is fed", () => {
    const run = { facts, size: SIZE, from: 25_600, to: 76_800, everyTicks: 3_200, held: [12_800], threads: 1, input: { kind: "packets" as const, offset: 1_024 } };
    expect(referenceArguments(run)).to.deep.equal({
      input: "pipe:0",
      inputOptions: [...START, "-copyts", "-threads", "1", "-skip_frame", "noref", "-f", "mp4"],
      outputOptions: ["-map", "0:v:0", "-vf", "setpts=PTS-1024,select='between(pts,25600,76799)*(isnan(prev_selected_pts)+gte(pts-prev_selected_pts,3200)+eq(pts,12800))',scale=320:180:flags=area:out_range=tv", ...pictures("12800")],
    });
    const turned = { ...facts, video: { ...facts.video, mirrored: true, rotation: 90 as const } };
    expect(referenceArguments({ ...run, facts: turned }).outputOptions[3]).to.match(/out_range=tv,vflip$/);
  });

  it("show some frames of a source that is read as a file", () => {
    const run = { facts: { ...facts, originTicks: 6_400 }, size: SIZE, from: 25_600, to: 76_800, everyTicks: 6_400, held: [], threads: 1, input: { kind: "file" as const, url: "http://127.0.0.1:1/x" } };
    expect(referenceArguments(run)).to.deep.equal({
      input: "http://127.0.0.1:1/x",
      inputOptions: [...START, "-copyts", "-threads", "1", "-skip_frame", "noref", "-seek_timestamp", "1", "-noaccurate_seek", "-ss", "1.500000"],
      outputOptions: ["-map", "0:v:0", "-vf", "settb=1/12800,setpts=PTS-6400,select='between(pts,25600,76799)*(isnan(prev_selected_pts)+gte(pts-prev_selected_pts,6400))',scale=320:180:flags=area:out_range=tv", "-to", "6.500000", ...pictures("12800")],
    });
  });

  it("hear segments and their source", () => {
    const sound = ["-vn", "-sn", "-dn", "-ac", "1", "-ar", "8000", "-c:a", "pcm_s16le", "-f", "s16le"];
    expect(soundArguments()).to.deep.equal({ input: "pipe:0", inputOptions: [...START, "-f", "mp4"], outputOptions: ["-map", "0:a:0", ...sound] });
    expect(soundReferenceArguments({ url: "http://127.0.0.1:1/x", track: 2, from: 4, to: 6 })).to.deep.equal({
      input: "http://127.0.0.1:1/x",
      inputOptions: [...START, "-copyts", "-seek_timestamp", "1", "-noaccurate_seek", "-ss", "3.000000"],
      outputOptions: ["-map", "0:a:2", "-af", "aresample=8000:async=1:first_pts=32000,atrim=start_pts=32000:end_pts=48000,asetpts=N,apad=whole_len=16000", ...sound],
    });
  });
});
