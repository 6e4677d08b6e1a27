import { expect } from "chai";
import * as fc from "fast-check";
import { h264Level, planAudio, planVideo } from "../../../media/ladder.ts";
import type { VideoRendition } from "../../../media/plan.ts";
import { rational } from "../../../media/rational.ts";
import { makeFacts, probedFacts } from "../../support/sample-facts.ts";

const shape = ({ name, mode, width, height }: VideoRendition): string => `${name} ${mode} ${width}x${height}`;
const P25 = rational(25, 1);
const ladder = (width: number, height: number, encodeOnly = false): string[] => {
  const video = { width, height, displayWidth: width, displayHeight: height };
  return planVideo(encodeOnly ? probedFacts({ video }) : makeFacts({ video }), P25).map(shape);
};

describe("ladder of a source that every browser plays", () => {
  it("is the source as it is, and encodes below it", () => {
    expect(planVideo(makeFacts(), P25)).to.deep.equal([
      { kind: "video", name: "source", mode: "repackage", codecs: "avc1.640028", width: 1920, height: 1080, frameRate: P25, bandwidth: 4_000_000, averageBandwidth: 2_000_000 },
      { kind: "video", name: "720p", mode: "encode", codecs: "avc1.64001f", width: 1280, height: 720, frameRate: P25, bandwidth: 3_500_000, averageBandwidth: 1_680_000 },
      { kind: "video", name: "360p", mode: "encode", codecs: "avc1.64001e", width: 640, height: 360, frameRate: P25, bandwidth: 1_000_000, averageBandwidth: 480_000 },
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

  it("names portrait rungs by their width", () => {
    expect(ladder(1080, 1920, true)).to.deep.equal(["1080p encode 1080x1920", "720p encode 720x1280", "360p encode 360x640"]);
  });

  it("spends half as much again on more than 30 frames a second", () => {
    const [at25, at60] = [P25, rational(60, 1)].map((rate) => planVideo(probedFacts(), rate)[0]);
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
      const renditions = planVideo(asIs ? makeFacts({ video }) : probedFacts({ video }), frameRate);
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

describe("audio rendition", () => {
  it("is the source's own AAC where it can be", () => {
    expect(planAudio(makeFacts())).to.deep.equal({ kind: "audio", name: "audio", mode: "repackage", codecs: "mp4a.40.2", sampleRate: 48_000, channels: 2, language: "en", bandwidth: 128_000 });
  });

  it("is stereo AAC at 48 kHz otherwise; mono stays mono", () => {
    const opus = { codec: "opus", codecString: "opus", channels: 6, sampleRate: 44_100 };
    expect(planAudio(makeFacts({ audio: opus }))).to.deep.equal({ kind: "audio", name: "audio", mode: "encode", codecs: "mp4a.40.2", sampleRate: 48_000, channels: 2, language: "en", bandwidth: 128_000 });
    expect(planAudio(makeFacts({ audio: { ...opus, channels: 1 } }))).to.include({ mode: "encode", channels: 1 });
  });

  it("is none for a silent source, and has no language where the source says none", () => {
    expect(planAudio(makeFacts({ audio: null }))).to.equal(undefined);
    const facts = makeFacts();
    delete facts.audio?.language;
    expect(planAudio(facts)).to.not.have.property("language");
  });
});
