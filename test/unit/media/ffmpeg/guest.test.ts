import { expect } from "chai";
import { DECODERS, DEMUXERS, FRAGMENTED_OUTPUT, guardOptions, GUEST_OPTIONS } from "../../../../media/ffmpeg/guest.ts";

const CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mpegvideo,avi,flv,ogg,asf,gif,h264,hevc,wav,mp3,flac,aac,ac3,amr";

describe("FFmpeg as a guest", () => {
  it("opens only containers that hold media, none that points elsewhere, draws text or is a device", () => {
    expect(DEMUXERS.join(",")).to.equal(CONTAINERS);
    for (const name of ["hls", "dash", "concat", "sdp", "rtsp", "tty", "image2", "lavfi", "x11grab", "fbdev", "sbg", "subviewer", "srt", "webvtt", "ass"]) expect(DEMUXERS, name).to.not.include(name);
  });

  it("decodes what lectures are coded as, and nothing else", () => {
    for (const name of ["h264", "hevc", "vp8", "vp9", "mpeg2video", "mpeg4", "prores", "mjpeg", "gif", "aac", "mp3", "opus", "ac3", "pcm_s16le"]) expect(DECODERS, name).to.include(name);
    for (const name of ["magicyuv", "png", "apng", "ansi", "xbin", "ass", "webvtt", "exr", "tiff", "wrapped_avframe"]) expect(DECODERS, name).to.not.include(name);
  });

  it("names a container or decoder once, each as FFmpeg's options take it", () => {
    for (const list of [DEMUXERS, DECODERS]) {
      expect(new Set<string>(list).size).to.equal(list.length);
      expect(list.every((name) => /^[a-z0-9_]+$/.test(name))).to.equal(true);
    }
  });

  it("has a guard that lets it read only its standard input, the loopback's HTTP, or a file", () => {
    const limits = { maxPixels: 2_073_600, maxStreams: 8 };
    const rest = ["-format_whitelist", CONTAINERS, "-codec_whitelist", DECODERS.join(","), "-max_streams", "8", "-max_pixels", "2073600"];
    expect(guardOptions("stdin", limits)).to.deep.equal(["-protocol_whitelist", "pipe", ...rest]);
    expect(guardOptions("door", limits)).to.deep.equal(["-protocol_whitelist", "http,tcp", ...rest]);
    expect(guardOptions("file", limits)).to.deep.equal(["-protocol_whitelist", "file", ...rest]);
  });

  it("says nothing but errors and progress, takes no keys, and little memory at a time", () => {
    expect(GUEST_OPTIONS.join(" ")).to.equal("-nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912");
  });

  it("writes CMAF without the source's metadata", () => {
    expect(FRAGMENTED_OUTPUT.join(" ")).to.equal(
      "-an -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0 " +
      "-movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont -frag_duration 500000 -f mp4",
    );
  });
});
