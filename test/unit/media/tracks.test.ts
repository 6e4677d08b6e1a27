import { expect } from "chai";
import { audioTrack, videoTrack } from "../../../media/tracks.ts";
import { AUDIO, makeFacts, VIDEO, withoutVideoField } from "../../support/sample-facts.ts";

describe("tracks of init segments", () => {
  it("say what the facts say, with the configuration as bytes", () => {
    expect(videoTrack({ ...VIDEO, displayWidth: 1440, rotation: 90 })).to.deep.equal({
      codec: "h264", timescale: 12_800, width: 1920, height: 1080, displayWidth: 1440, displayHeight: 1080, rotation: 90,
      codecString: "avc1.640028", configuration: Buffer.from([1, 0x64, 0, 0x28]),
    });
    expect(audioTrack(AUDIO)).to.deep.equal({ codec: "aac", timescale: 48_000, sampleRate: 48_000, channels: 2, language: "en", configuration: Buffer.from([0x11, 0x90]) });
  });

  it("leave out what is not known", () => {
    const facts = withoutVideoField(withoutVideoField(makeFacts({ audio: {} }), "configuration"), "codecString");
    expect(videoTrack(facts.video)).to.not.have.any.keys("configuration", "codecString");
    const audio = { ...AUDIO };
    delete audio.language;
    delete audio.configuration;
    expect(audioTrack(audio)).to.have.all.keys("codec", "timescale", "sampleRate", "channels");
  });

  it("exist for the codecs that are put into MP4 here, and as the container says it for any other", () => {
    for (const codec of ["h264", "hevc", "vp8", "vp9", "av1"]) expect(videoTrack({ ...VIDEO, codec }).codec).to.equal(codec);
    expect(videoTrack({ ...VIDEO, codec: "mpeg4", sampleEntry: "AAAA" })).to.deep.include({ codec: "other", sampleEntry: Buffer.alloc(3) });
    expect(() => videoTrack({ ...VIDEO, codec: "mpeg4" })).to.throw("mpeg4 cannot be described").with.property("type", "not_media");
    expect(() => audioTrack({ ...AUDIO, codec: "opus" })).to.throw("opus is not repackaged").with.property("type", "not_media");
  });
});
