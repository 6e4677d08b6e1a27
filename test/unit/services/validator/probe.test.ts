import { expect } from "chai";
import * as fc from "fast-check";
import { planOf } from "../../../../media/plan-video.ts";
import type { Facts } from "../../../../media/facts.ts";
import { judgeFacts } from "../../../../services/validator/judge.ts";
import { parseProbe } from "../../../../services/validator/probe.ts";

const VIDEO = {
  codec_type: "video", codec_name: "mpeg4", codec_tag_string: "XVID", width: 640, height: 480, sample_aspect_ratio: "1:1", pix_fmt: "yuv420p",
  r_frame_rate: "25/1", avg_frame_rate: "25/1", time_base: "1/25", start_time: "0.000000", duration: "60.000000", bit_rate: "900000", disposition: { attached_pic: 0 },
};
const AUDIO = { codec_type: "audio", codec_name: "mp3", codec_tag_string: "U[0][0][0]", sample_rate: "44100", channels: 2, start_time: "0.100000", duration: "59.500000", bit_rate: "128000", tags: { language: "deu" } };
const FORMAT = { format_name: "avi", duration: "60.040000", bit_rate: "1000000" };

const probed = (streams: object[], format: object = FORMAT) => parseProbe({ streams, format }, 7_500_000);
function factsOf(streams: object[], format: object = FORMAT): Facts {
  const result = probed(streams, format);
  if (result.outcome !== "facts") throw new Error(`outcome ${result.outcome}`);
  return result.facts;
}

describe("what ffprobe says", () => {
  it("tells whether the colours are told", () => {
    for (const [changes, unsaid] of [[{ color_space: "bt709" }, undefined], [{ color_space: "unknown" }, true], [{ codec_name: "vp8" }, undefined]] as const) expect(factsOf([{ ...VIDEO, ...changes }]).video.matrixUnsaid).to.equal(unsaid);
  });

  it("becomes facts", () => {
    expect(probed([VIDEO, AUDIO])).to.deep.equal({
      outcome: "facts",
      facts: {
        size: 7_500_000, container: "avi", reader: "probe", originTicks: 0,
        video: {
          index: 0, codec: "mpeg4", timescale: 25, start: 0, end: 1_500, width: 640, height: 480, displayWidth: 640, displayHeight: 480, rotation: 0, mirrored: false,
          frameRate: { num: 25, den: 1 }, bitrate: 900_000, pixelFormat: "yuv420p", hdr: false, interlaced: false, matrixUnsaid: true, keyFrames: [], splitFrames: [], openGop: false,
        },
        subtitles: [],
        audio: [{ index: 0, codec: "mp3", timescale: 44_100, start: 4_410, end: 4_410 + 2_623_950, sampleRate: 44_100, channels: 2, bitrate: 128_000, language: "deu" }],
      },
    });
  });

  it("has its first shown frame as the timeline's 0", () => {
    expect(factsOf([{ ...VIDEO, time_base: "1/90000", start_time: "1.400000" }])).to.have.property("originTicks", 126_000);
    expect(factsOf([{ ...VIDEO, time_base: "1/90000", start_time: "-0.500000" }]).video).to.include({ start: -45_000, end: -45_000 + 5_400_000 });
  });

  it("counts tracks among their own kind, and takes the first that is a picture that moves", () => {
    const cover = { ...VIDEO, codec_name: "mjpeg", disposition: { attached_pic: 1 } };
    expect(factsOf([AUDIO, cover, VIDEO]).video).to.include({ index: 1, codec: "mpeg4" });
    expect(factsOf([VIDEO, { ...AUDIO, codec_name: undefined }, { ...AUDIO, channels: 0 }, AUDIO]).audio.map((audio) => audio.index)).to.deep.equal([2]);
    expect(factsOf([VIDEO, { ...AUDIO, codec_name: undefined }]).audio).to.deep.equal([]);
  });

  it("gives the size as shown: by the shape of pixels and the rotation", () => {
    const shown = (stream: object) => { const { displayWidth, displayHeight, rotation } = factsOf([{ ...VIDEO, ...stream }]).video; return [displayWidth, displayHeight, rotation]; };
    expect(shown({ width: 720, height: 480, sample_aspect_ratio: "32:27" })).to.deep.equal([853, 480, 0]);
    expect(shown({ side_data_list: [{ rotation: -90 }] })).to.deep.equal([480, 640, 90]);
    expect(shown({ side_data_list: [{}, { rotation: 90 }] })).to.deep.equal([480, 640, 270]);
    expect(shown({ side_data_list: [{ rotation: -180 }] })).to.deep.equal([640, 480, 180]);
    expect(shown({ side_data_list: [{ rotation: 450 }] })).to.deep.equal([480, 640, 270]);
    for (const sample_aspect_ratio of ["0:1", "1:0", "N/A", "", "x:y"]) expect(shown({ sample_aspect_ratio }), sample_aspect_ratio).to.deep.equal([640, 480, 0]);
    expect(shown({ sample_aspect_ratio: "1:65535" })[0]).to.equal(1);
  });

  it("tells HDR and interlaced pictures", () => {
    for (const color_transfer of ["smpte2084", "arib-std-b67"]) expect(factsOf([{ ...VIDEO, color_transfer }]).video.hdr).to.equal(true);
    expect(factsOf([{ ...VIDEO, color_transfer: "bt709" }]).video.hdr).to.equal(false);
    for (const field_order of ["tt", "bb", "tb", "bt"]) expect(factsOf([{ ...VIDEO, field_order }]).video.interlaced).to.equal(true);
    expect(factsOf([{ ...VIDEO, field_order: "progressive" }]).video.interlaced).to.equal(false);
  });

  it("fills gaps from what it says elsewhere", () => {
    const bare = { codec_type: "video", codec_name: "mpeg4", width: 640, height: 480 };
    expect(factsOf([bare]).video).to.deep.include({ timescale: 90_000, start: 0, end: 5_403_600, frameRate: { num: 25, den: 1 }, bitrate: 1_000_000 });
    expect(factsOf([{ ...bare, avg_frame_rate: "0/0", r_frame_rate: "30000/1001" }]).video.frameRate).to.deep.equal({ num: 30_000, den: 1_001 });
    expect(factsOf([{ ...bare, duration: "10" }], {}).video.bitrate).to.equal(6_000_000);
    expect(factsOf([{ ...bare, duration: "10" }], {}).container).to.equal("unknown");
    expect(factsOf([VIDEO], { ...FORMAT, format_name: "mov,mp4,m4a" }).container).to.equal("mov");
    for (const language of ["und", "english", "", "<script>"]) expect(factsOf([VIDEO, { ...AUDIO, tags: { language } }]).audio, language).to.not.have.property("language");
  });

  it("may be that there is no video, or none that can be decoded", () => {
    expect(probed([AUDIO])).to.deep.equal({ outcome: "no_video" });
    expect(probed([])).to.deep.equal({ outcome: "no_video" });
    expect(probed([AUDIO, { ...VIDEO, disposition: { attached_pic: 1 } }])).to.deep.equal({ outcome: "no_video" });
    expect(probed([{ ...VIDEO, codec_name: undefined, codec_tag_string: "zzzz" }])).to.deep.equal({ outcome: "unsupported_codec", codec: "zzzz" });
    expect(probed([{ ...VIDEO, width: 640, height: 0 }])).to.deep.equal({ outcome: "no_video" });
    expect(probed([{ ...VIDEO, codec_tag_string: "encv" }])).to.deep.equal({ outcome: "encrypted" });
    expect(probed([VIDEO, { ...AUDIO, codec_tag_string: "enca" }])).to.deep.equal({ outcome: "encrypted" });
  });

  it("may say too little to go by", () => {
    for (const duration of ["N/A", "0.000000", "-1", "Infinity", ""]) expect(probed([{ ...VIDEO, duration }], {}).outcome, duration).to.equal("unreadable");
    for (const value of [null, 1, "text", [], { streams: null }, { streams: "x" }]) expect(parseProbe(value, 1).outcome, JSON.stringify(value)).to.be.oneOf(["unreadable", "no_video"]);
  });
});

describe("whatever ffprobe says", () => {
  const decimal = fc.oneof(fc.double().map(String), fc.constantFrom("N/A", "", "1e308", "-1e308", "9223372036854.775807"), fc.double({ min: 0, max: 1e5, noNaN: true }).map((n) => n.toFixed(6)));
  const ratio = fc.oneof(fc.tuple(fc.integer(), fc.integer()).map(([a, b]) => `${a}/${b}`), fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `${a}:${b}`), fc.string());
  const stream = fc.record({
    codec_type: fc.constantFrom("video", "video", "audio", "subtitle", "data"), codec_name: fc.constantFrom("h264", "mpeg4", "mp3"), codec_tag_string: fc.string(),
    width: fc.nat(70_000), height: fc.nat(70_000), sample_aspect_ratio: ratio, pix_fmt: fc.string(), r_frame_rate: ratio, avg_frame_rate: ratio, time_base: fc.oneof(ratio, fc.integer({ min: 1, max: 2 ** 31 }).map((n) => `1/${n}`)),
    start_time: decimal, duration: decimal, bit_rate: decimal, sample_rate: decimal, channels: fc.nat(64), color_transfer: fc.string(), field_order: fc.string(),
    disposition: fc.record({ attached_pic: fc.nat(1) }), tags: fc.record({ language: fc.string() }), side_data_list: fc.array(fc.record({ rotation: fc.integer() }, { requiredKeys: [] }), { maxLength: 2 }),
  }, { requiredKeys: [] });
  const answer = fc.record({ streams: fc.array(stream, { maxLength: 4 }), format: fc.record({ format_name: fc.string(), duration: decimal, bit_rate: decimal }, { requiredKeys: [] }) }, { requiredKeys: [] });

  it("either is no video or gives facts that can be judged and planned", () => {
    fc.assert(fc.property(answer, fc.nat(), (value, size) => {
      const result = parseProbe(value, size);
      if (result.outcome !== "facts") return;
      const { video } = result.facts;
      for (const n of [video.start, video.end, video.timescale, video.width, video.height, video.displayWidth, video.displayHeight]) expect(Number.isSafeInteger(n), JSON.stringify(video)).to.equal(true);
      expect(video.end).to.be.at.least(video.start);
      expect(Math.min(video.width, video.height, video.displayWidth, video.displayHeight, video.timescale)).to.be.at.least(1);
      if (judgeFacts(result.facts, { maxDurationSec: 86_400, maxPixels: 33_554_432, maxStreams: 64 }).length > 0) return;
      const { boundaries, timescale } = planOf(result.facts);
      expect(boundaries.every((tick, n) => Number.isSafeInteger(tick) && (n === 0 ? tick === 0 : tick > (boundaries[n - 1] ?? 0)))).to.equal(true);
      expect((boundaries.at(-1) ?? 0) / timescale).to.be.at.most(86_401);
    }), { numRuns: 2_000 });
  });

  it("is answered, not thrown, when it is no answer at all", () => {
    for (const value of [undefined, null, 0, "", true, []]) expect(() => parseProbe(value, 1)).to.not.throw();
  });
});
