import { expect } from "chai";
import { noteFacts } from "../../../media/notes.ts";
import { AUDIO, makeFacts, probedFacts, type Variation } from "../../support/sample-facts.ts";

const said = (variation: Variation): string => noteFacts(makeFacts(variation)).map(({ code, message }) => `${code}: ${message}`).join("\n");

describe("notes on a source", () => {
  it("are none for one that is served as it is", () => {
    expect(noteFacts(makeFacts())).to.deep.equal([]);
  });

  const unusual: Record<string, [Variation, string]> = {
    "another codec": [{ video: { codec: "hevc", codecString: "hvc1.1.6.L93.B0" } }, "is coded as hevc"],
    "a rare profile": [{ video: { codecString: "avc1.f40028", pixelFormat: "yuv444p" } }, "has an H.264 profile that few devices play, has yuv444p pixels"],
    "interlaced frames": [{ video: { interlaced: true } }, "is interlaced"],
    "HDR": [{ video: { hdr: true } }, "is HDR"],
    "a turned picture": [{ video: { rotation: 90 } }, "is stored turned"],
    "a mirrored picture": [{ video: { mirrored: true } }, "is stored mirrored"],
    "open groups of pictures": [{ video: { openGop: true } }, "open GOPs"],
    "a change midway": [{ video: { changesMidway: true } }, "changes its size or coding on the way"],
    "hidden frames": [{ originTicks: 100 }, "begins with frames that an edit list hides"],
    "key frames far apart": [{ video: { end: 12_800 * 30, keyFrames: [0] } }, "key frames up to 30 seconds apart"],
  };
  for (const [what, [variation, words]] of Object.entries(unusual)) {
    it(`say of ${what} why all of it is encoded`, () => expect(said(variation)).to.match(/^non_standard: The picture /).and.to.include(words));
  }

  it("say of sound what becomes of it", () => {
    expect(said({ audio: { codec: "ac3", codecString: "ac-3", channels: 6 } })).to.equal("non_standard: Sound as ac3 with 6 channels, which become two, is encoded again. AAC-LC in stereo is served as it is.");
    expect(said({ droppedAudio: 1 })).to.equal("audio_dropped: A track of sound could not be decoded and is left out.");
    expect(noteFacts({ ...makeFacts(), audio: [AUDIO, AUDIO] })).to.deep.equal([]);
  });

  it("say of a very fast source which frames are kept", () => {
    expect(said({ video: { frameRate: { num: 120, den: 1 } } })).to.equal("frames_dropped: The picture has 120 frames a second; encodes keep one of 2, so that there are at most 60.");
  });

  it("say of a container without an index what that costs", () => {
    expect(noteFacts(makeFacts({ reader: "remux", container: "mpegts" }))[0]).to.include({ code: "non_standard" }).and.to.have.property("message").that.includes("The mpegts file has no index");
    expect(noteFacts(probedFacts())[0]).to.include({ code: "cut_by_time" });
  });
});
