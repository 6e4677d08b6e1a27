import { expect } from "chai";
import { tuningOf } from "../../../../media/ffmpeg/tuning.ts";
import { encoderOptions, encoderSetup, type VideoEncoding } from "../../../../media/ffmpeg/encoder-options.ts";
import type { VideoEncoder } from "../../../../media/video-encoders.ts";
import { oneLine } from "../../../support/command-line.ts";

const options = (encoder: VideoEncoder, changes: Partial<VideoEncoding> = {}): string =>
  encoderOptions({ encoder, level: 31, peakKbps: 2_800, quality: 23, threads: 2, content: "camera", tuning: tuningOf(undefined, "play"), keyTimes: "2.000000,4.000000", ...changes }).flat().join(" ");

const LINES: Readonly<Record<VideoEncoder, string>> = {
  libx264: `-c:v libx264 -preset veryfast -profile:v high -level:v 3.1 -crf 23 -maxrate 2800k -bufsize 2800k
    -x264-params keyint=infinite:scenecut=0:open-gop=0 -forced-idr 1 -force_key_frames 2.000000,4.000000 -threads 2`,
  libx265: `-c:v libx265 -preset veryfast -profile:v main -crf 26 -maxrate 2800k -bufsize 2800k
    -x265-params level-idc=3.1:high-tier=0:keyint=-1:scenecut=0:open-gop=0:info=0:log-level=none:wpp=1:pools=2
    -forced-idr 1 -force_key_frames 2.000000,4.000000 -tag:v hvc1`,
  libsvtav1: `-c:v libsvtav1 -preset 10 -crf 40 -maxrate 2800k -bufsize 2800k -g 100000
    -svtav1-params level=31:scd=0:irefresh-type=2:enable-force-key-frames=1:lp=2 -force_key_frames 2.000000,4.000000`,
  h264_nvenc: `-c:v h264_nvenc -preset p4 -tune hq -profile:v high -level:v 3.1 -rc vbr -cq 26 -b:v 0 -maxrate 2800k -bufsize 2800k
    -g 100000 -bf 2 -no-scenecut 1 -forced-idr 1 -force_key_frames 2.000000,4.000000`,
  hevc_nvenc: `-c:v hevc_nvenc -preset p4 -tune hq -profile:v main -level:v 3.1 -rc vbr -cq 28 -b:v 0 -maxrate 2800k -bufsize 2800k
    -g 100000 -bf 2 -no-scenecut 1 -forced-idr 1 -force_key_frames 2.000000,4.000000 -tag:v hvc1`,
  av1_nvenc: `-c:v av1_nvenc -preset p4 -tune hq -level:v 3.1 -rc vbr -cq 34 -b:v 0 -maxrate 2800k -bufsize 2800k
    -g 100000 -bf 2 -no-scenecut 1 -forced-idr 1 -force_key_frames 2.000000,4.000000`,
  h264_vaapi: `-c:v h264_vaapi -profile:v high -level:v 3.1 -rc_mode VBR -b:v 1680k -maxrate 2800k -bufsize 2800k
    -g 100000 -bf 2 -b_depth 1 -idr_interval 0 -force_key_frames 2.000000,4.000000`,
  hevc_vaapi: `-c:v hevc_vaapi -profile:v main -level:v 3.1 -rc_mode VBR -b:v 1680k -maxrate 2800k -bufsize 2800k
    -g 100000 -bf 2 -b_depth 1 -idr_interval 0 -force_key_frames 2.000000,4.000000 -tag:v hvc1`,
  h264_qsv: `-c:v h264_qsv -preset veryfast -profile:v high -level:v 31 -b:v 1680k -maxrate 2800k -bufsize 2800k
    -g 100000 -bf 2 -idr_interval 0 -adaptive_i 0 -adaptive_b 0 -forced_idr 1 -force_key_frames 2.000000,4.000000`,
  hevc_qsv: `-c:v hevc_qsv -preset veryfast -profile:v main -level:v 31 -b:v 1680k -maxrate 2800k -bufsize 2800k
    -g 100000 -bf 2 -idr_interval 0 -forced_idr 1 -force_key_frames 2.000000,4.000000 -tag:v hvc1`,
};

describe("FFmpeg's options for a video encoder", () => {
  for (const encoder of Object.keys(LINES) as VideoEncoder[]) {
    it(`${encoder}`, () => expect(options(encoder)).to.equal(oneLine(LINES[encoder])));
  }

  it("follow the level, the quality, the peak and the threads", () => {
    const changes = { level: 40, quality: 20, peakKbps: 5_000, threads: 8, keyTimes: "0.000000" };
    expect(options("libx265", changes)).to.equal(oneLine(`
      -c:v libx265 -preset veryfast -profile:v main -crf 23 -maxrate 5000k -bufsize 5000k
      -x265-params level-idc=4.0:high-tier=0:keyint=-1:scenecut=0:open-gop=0:info=0:log-level=none:wpp=1:pools=8 -forced-idr 1 -force_key_frames 0.000000 -tag:v hvc1`));
    expect(options("libsvtav1", changes)).to.equal(oneLine(`
      -c:v libsvtav1 -preset 10 -crf 37 -maxrate 5000k -bufsize 5000k -g 100000
      -svtav1-params level=40:scd=0:irefresh-type=2:enable-force-key-frames=1:lp=8 -force_key_frames 0.000000`));
  });

  it("are tuned to slides where that saves bits", () => {
    const tuned = (Object.keys(LINES) as VideoEncoder[]).filter((encoder) => options(encoder, { content: "slides" }) !== options(encoder));
    expect(tuned).to.deep.equal(["libx265"]);
    expect(options("libx265", { content: "slides" })).to.include("-preset veryfast -tune animation -profile:v main");
  });

  it("come with what opens a graphics card and takes pictures to it", () => {
    expect(encoderSetup("libx264")).to.deep.equal({ inputOptions: [], filters: [] });
    expect(encoderSetup("h264_nvenc")).to.deep.equal({ inputOptions: [], filters: [] });
    expect(encoderSetup("hevc_vaapi")).to.deep.equal({ inputOptions: ["-vaapi_device", "/dev/dri/renderD128"], filters: ["format=nv12", "hwupload"] });
    expect(encoderSetup("h264_qsv")).to.deep.equal({ inputOptions: [], filters: ["format=nv12"] });
  });
});
