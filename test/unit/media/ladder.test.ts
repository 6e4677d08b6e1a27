import { expect } from "chai";
import * as fc from "fast-check";
import { h264Level, levelOf, planAudio, planSubtitles, planVideo } from "../../../media/ladder.ts";
import type { EncoderKind } from "../../../media/video-encoders.ts";
import type { VideoRendition } from "../../../media/plan.ts";
import { rational } from "../../../media/rational.ts";
import { AUDIO, makeFacts, probedFacts } from "../../support/sample-facts.ts";

const shape = ({ name, mode, width, height }: VideoRendition): string => `${name} ${mode} ${width}x${height}`;
const P25 = rational(25, 1);
const ladder = (width: number, height: number, encodeOnly = false): string[] => {
  const video = { width, height, displayWidth: width, displayHeight: height };
  return planVideo(encodeOnly ? probedFacts({ video }) : makeFacts({ video }), P25, []).map(shape);
};

describe("ladder of a source that every browser plays", () => {
  it("is the source as it is, and encodes below it", () => {
    expect(planVideo(makeFacts(), P25, [])).to.deep.equal([
      { kind: "video", name: "source", mode: "repackage", codec: "h264", codecs: "avc1.640028", width: 1920, height: 1080, frameRate: P25, bandwidth: 4_000_000, averageBandwidth: 2_000_000 },
      { kind: "video", name: "720p", mode: "encode", codec: "h264", codecs: "avc1.64001f", width: 1280, height: 720, frameRate: P25, bandwidth: 3_500_000, averageBandwidth: 1_680_000 },
      { kind: "video", name: "360p", mode: "encode", codec: "h264", codecs: "avc1.64001e", width: 640, height: 360, frameRate: P25, bandwidth: 1_000_000, averageBandwidth: 480_000 },
    ]);
  });

  it("has no rung that is nearly the one above", () => {
    expect(ladder(1280, 720)).to.deep.equal(["source repackage 1280x720", "360p encode 640x360"]);
    expect(ladder(1440, 900)).to.deep.equal(["source repackage 1440x900", "720p encode 1152x720", "360p encode 576x360"]);
    expect(ladder(1422, 800)).to.deep.equal(["source repackage 1422x800", "360p encode 640x360"]);
  });

  it("has a small rung below a small source, and none below a tiny one", () => {
    expect(ladder(640, 360)).to.deep.equal(["source repackage 640x360", "240p encode 426x240"]);
    expect(ladder(426, 240)).to.deep.equal(["source repackage 426x240"]);
  });

  it("has no encode above 720 below a large one", () => {
    expect(ladder(3840, 2160)).to.deep.equal(["source repackage 3840x2160", "720p encode 1280x720", "360p encode 640x360"]);
  });
});

describe("ladder of a source that has to be encoded", () => {
  it("begins at the source's own size, 1080 at the most", () => {
    expect(ladder(3840, 2160, true)).to.deep.equal(["1080p encode 1920x1080", "720p encode 1280x720", "360p encode 640x360"]);
    expect(ladder(853, 481, true)).to.deep.equal(["482p encode 854x482", "360p encode 638x360"]);
    expect(ladder(640, 360, true)).to.deep.equal(["360p encode 640x360"]);
    expect(ladder(320, 180, true)).to.deep.equal(["180p encode 320x180"]);
  });

  it("leaves the lowest rung of every codec to the processor, whatever card encodes the others", () => {
    const encoders = (video: object, kind: EncoderKind): string[] => planVideo(probedFacts({ video }), P25, [], ["h264", "av1"], kind).map(({ name, encoder }) => `${name} ${encoder ?? "processor"}`);
    expect(encoders({}, "nvenc")).to.deep.equal(["1080p h264_nvenc", "720p h264_nvenc", "360p processor", "1080p-av1 av1_nvenc", "720p-av1 av1_nvenc", "360p-av1 processor"]);
    expect(encoders({}, "vaapi")).to.deep.equal(["1080p h264_vaapi", "720p h264_vaapi", "360p processor", "1080p-av1 processor", "720p-av1 processor", "360p-av1 processor"]);
    expect(encoders({ width: 320, height: 180, displayWidth: 320, displayHeight: 180 }, "nvenc")).to.deep.equal(["180p processor", "180p-av1 processor"]);
  });

  it("names portrait rungs by their width", () => {
    expect(ladder(1080, 1920, true)).to.deep.equal(["1080p encode 1080x1920", "720p encode 720x1280", "360p encode 360x640"]);
  });

  it("spends half as much again on more than 30 frames a second", () => {
    const [at25, at60] = [P25, rational(60, 1)].map((rate) => planVideo(probedFacts(), rate, [])[0]);
    expect(at25).to.include({ bandwidth: 6_250_000, averageBandwidth: 3_000_000, codecs: "avc1.640028" });
    expect(at60).to.include({ bandwidth: 9_375_000, averageBandwidth: 4_500_000, codecs: "avc1.64002a" });
  });

  it("exists for a picture of one pixel, and for one whose size is not known", () => {
    expect(ladder(1, 1, true)).to.deep.equal(["2p encode 2x2"]);
    expect(ladder(0, 0, true)).to.deep.equal(["2p encode 2x2"]);
  });
});

describe("any ladder", () => {
  const size = fc.integer({ min: 2, max: 8_192 });
  const rate = fc.constantFrom(rational(1, 1), rational(25, 1), rational(30_000, 1_001), rational(60, 1));

  it("never upscales, is even, keeps the aspect, and names no rung twice", () => {
    fc.assert(fc.property(size, size, rate, fc.boolean(), (width, height, frameRate, asIs) => {
      const video = { width, height, displayWidth: width, displayHeight: height };
      const renditions = planVideo(asIs ? makeFacts({ video }) : probedFacts({ video }), frameRate, []);
      expect(renditions.length).to.be.at.least(1);
      expect(new Set(renditions.map((r) => r.name)).size).to.equal(renditions.length);
      for (const rung of renditions.filter((r) => r.mode === "encode")) {
        expect(rung.width % 2 + rung.height % 2).to.equal(0);
        expect(rung.width).to.be.at.most(width + 1);
        expect(rung.height).to.be.at.most(height + 1);
        const scale = Math.min(rung.width, rung.height) / Math.min(width, height);
        expect(Math.abs(rung.width - width * scale)).to.be.at.most(1 + width / Math.min(width, height));
        expect(Math.abs(rung.height - height * scale)).to.be.at.most(1 + height / Math.min(width, height));
        expect(rung.averageBandwidth).to.be.lessThan(rung.bandwidth);
      }
      const bandwidths = renditions.filter((r) => r.mode === "encode").map((r) => r.bandwidth);
      expect(bandwidths).to.deep.equal(bandwidths.toSorted((a, b) => b - a));
    }));
  });
});

describe("H.264 level", () => {
  it("is the lowest that table A-1 allows", () => {
    expect(h264Level(640, 360, P25)).to.equal(30);
    expect(h264Level(1280, 720, rational(30, 1))).to.equal(31);
    expect(h264Level(1280, 720, rational(60, 1))).to.equal(32);
    expect(h264Level(1920, 1080, rational(30, 1))).to.equal(40);
    expect(h264Level(1920, 1080, rational(60, 1))).to.equal(42);
    expect(h264Level(3840, 2160, rational(30, 1))).to.equal(51);
    expect(h264Level(3840, 2160, rational(60, 1))).to.equal(52);
    expect(h264Level(8192, 8192, rational(60, 1))).to.equal(52);
  });
});

describe("source rendition", () => {
  it("promises what its heaviest segment takes, where the index says that", () => {
    const facts = makeFacts({ video: { gopBytes: [500_000, 1_000_000, 100_000, 200_000, 300_000] } });
    // [0, 2 s) is the heaviest but one: the second is 1,000,000 bytes and the boxes of 50 frames.
    const [source] = planVideo(facts, P25, [0, 25_600, 51_200, 102_400, 128_000]);
    expect(source?.bandwidth).to.equal((1_000_000 + 128 + 50 * 16) * 4);
  });
});

describe("audio renditions", () => {
  it("are the source's own AAC where it can be", () => {
    expect(planAudio(makeFacts())).to.deep.equal([{ kind: "audio", name: "audio", track: 0, mode: "repackage", codecs: "mp4a.40.2", sampleRate: 48_000, channels: 2, language: "en", bandwidth: 128_000 }]);
  });

  it("are stereo AAC at 48 kHz otherwise; mono stays mono", () => {
    const opus = { codec: "opus", codecString: "opus", channels: 6, sampleRate: 44_100 };
    expect(planAudio(makeFacts({ audio: opus }))).to.deep.equal([{ kind: "audio", name: "audio", track: 0, mode: "encode", codecs: "mp4a.40.2", sampleRate: 48_000, channels: 2, language: "en", bandwidth: 128_000 }]);
    expect(planAudio(makeFacts({ audio: { ...opus, channels: 1 } }))[0]).to.include({ mode: "encode", channels: 1 });
  });

  it("are one a track, each with its language and title, sixteen at the most", () => {
    const track = { ...AUDIO, language: "de", title: "Deutsch" };
    expect(planAudio({ ...makeFacts(), audio: [AUDIO, track] }).map(({ name, track, language, title }) => ({ name, track, language, title }))).to.deep.equal([
      { name: "audio", track: 0, language: "en", title: undefined }, { name: "audio-1", track: 1, language: "de", title: "Deutsch" },
    ]);
    expect(planAudio({ ...makeFacts(), audio: Array.from({ length: 40 }, () => AUDIO) })).to.have.length(16);
  });

  it("are none for a silent source, and have no language where the source says none", () => {
    expect(planAudio(makeFacts({ audio: null }))).to.deep.equal([]);
    const { language: _, ...untold } = AUDIO;
    expect(planAudio({ ...makeFacts(), audio: [untold] })[0]).to.not.have.property("language");
  });
});

describe("subtitle renditions", () => {
  it("are one a track of text", () => {
    const subtitles = [{ index: 0, codec: "subrip", language: "en" }, { index: 1, codec: "ass", title: "Kommentar" }];
    expect(planSubtitles({ ...makeFacts(), subtitles })).to.deep.equal([{ name: "sub", track: 0, language: "en" }, { name: "sub-1", track: 1, title: "Kommentar" }]);
  });
});

describe("a ladder of several codecs", () => {
  it("has every rung in each of them, with fewer bits where the codec needs fewer", () => {
    const rungs = planVideo(makeFacts(), P25, [], ["h264", "hevc", "av1"]);
    expect(rungs.map(({ name, codec, codecs, bandwidth }) => `${name} ${codec} ${codecs} ${bandwidth}`).slice(1)).to.deep.equal([
      "720p h264 avc1.64001f 3500000", "360p h264 avc1.64001e 1000000",
      "720p-hevc hevc hvc1.1.6.L93.90 2450000", "360p-hevc hevc hvc1.1.6.L63.90 700000",
      "720p-av1 av1 av01.0.05M.08 2100000", "360p-av1 av1 av01.0.01M.08 600000",
    ]);
  });

  it("tells each encoder the level that its codec string promises", () => {
    expect(planVideo(makeFacts(), P25, [], ["h264", "hevc", "av1"]).slice(1).map(levelOf)).to.deep.equal([31, 30, 31, 21, 31, 21]);
  });
});
