import { expect } from "chai";
import { canFeedPackets, canRepackageAudio, canRepackageVideo } from "../../../media/playable.ts";
import type { AudioFacts } from "../../../media/facts.ts";
import { AUDIO, makeFacts, probedFacts, withoutVideoField, type Variation } from "../../support/sample-facts.ts";

describe("repackaging video", () => {
  it("is for 4:2:0 8-bit H.264 with closed groups of pictures", () => {
    expect(canRepackageVideo(makeFacts())).to.equal(true);
    for (const codecString of ["avc1.42c01e", "avc1.4D401F", "avc1.64002a"]) expect(canRepackageVideo(makeFacts({ video: { codecString } })), codecString).to.equal(true);
  });

  const refused: Record<string, Variation> = {
    "a source without an index": { reader: "probe" },
    "another codec": { video: { codec: "hevc", codecString: "hvc1.1.6.L93.B0" } },
    "High 10": { video: { codecString: "avc1.6e0028" } },
    "4:2:2": { video: { pixelFormat: "yuv422p" } },
    "interlaced frames": { video: { interlaced: true } },
    "HDR": { video: { hdr: true } },
    "open groups of pictures": { video: { openGop: true } },
    "a rotation": { video: { rotation: 90 } },
    "a mirrored picture": { video: { mirrored: true } },
    "no key frames": { video: { keyFrames: [] } },
    "frames that an edit list hides": { video: { start: -1_000 } },
    "key frames over twelve seconds apart": { video: { end: 12_800 * 13, keyFrames: [0] } },
  };
  for (const [what, variation] of Object.entries(refused)) {
    it(`is not for ${what}`, () => expect(canRepackageVideo(makeFacts(variation))).to.equal(false));
  }

  it("is not for a stream whose codec, pixels or configuration are not known", () => {
    for (const field of ["codecString", "pixelFormat", "configuration"] as const) expect(canRepackageVideo(withoutVideoField(makeFacts(), field)), field).to.equal(false);
  });

  it("counts the last group of pictures too, up to the end", () => {
    expect(canRepackageVideo(makeFacts({ video: { end: 12_800 * 12, keyFrames: [0] } }))).to.equal(true);
    expect(canRepackageVideo(makeFacts({ video: { end: 12_800 * 15, keyFrames: [0, 12_800 * 2] } }))).to.equal(false);
  });
});

describe("repackaging audio", () => {
  const canRepackage = (variation: Partial<AudioFacts> = {}, facts = makeFacts()): boolean => canRepackageAudio(facts, { ...AUDIO, ...variation });

  it("is for AAC-LC, stereo or mono, with times as fine as samples", () => {
    expect(canRepackage()).to.equal(true);
    for (const audio of [{ codecString: "mp4a.40.5" }, { codecString: "opus" }, { timescale: 1_000 }, { channels: 6 }]) expect(canRepackage(audio), JSON.stringify(audio)).to.equal(false);
    expect(canRepackage({}, probedFacts())).to.equal(false);
    const { configuration: _, ...undescribed } = AUDIO;
    expect(canRepackageAudio(makeFacts(), undescribed)).to.equal(false);
  });
});

describe("feeding FFmpeg packets", () => {
  it("is for sources whose frames are known and whose codec can be described, with key frames up to two minutes apart", () => {
    for (const codec of ["h264", "hevc", "vp8", "vp9", "av1"]) expect(canFeedPackets(makeFacts({ video: { codec } })), codec).to.equal(true);
    expect(canFeedPackets(makeFacts({ video: { codec: "mpeg4" } }))).to.equal(false);
    expect(canFeedPackets(makeFacts({ video: { codec: "mpeg4", sampleEntry: "AAAA" } }))).to.equal(true);
    expect(canFeedPackets(makeFacts({ video: { openGop: true } }))).to.equal(true);
    expect(canFeedPackets(makeFacts({ reader: "remux" }))).to.equal(true);
    expect(canFeedPackets(probedFacts())).to.equal(false);
    expect(canFeedPackets(makeFacts({ video: { keyFrames: [] } }))).to.equal(false);
    expect(canFeedPackets(makeFacts({ video: { end: 12_800 * 121, keyFrames: [0] } }))).to.equal(false);
  });
});
