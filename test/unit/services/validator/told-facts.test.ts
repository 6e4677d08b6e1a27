import { expect } from "chai";
import { tellFacts } from "../../../../services/validator/told-facts.ts";
import { AUDIO, makeFacts, probedFacts } from "../../../support/sample-facts.ts";

describe("facts put together", () => {
  const untold = { ...AUDIO, codec: "", codecString: "", sampleRate: 0, channels: 0, timescale: 44_100, start: 100, end: 400_000 };

  it("have the index's times and ffprobe's look", () => {
    const indexed = makeFacts({ container: "mov", video: { codec: "", width: 0, height: 0, gopBytes: [100, 200, 300, 400, 500] } });
    const facts = tellFacts(indexed, probedFacts({ size: 77, video: { codec: "mpeg4", width: 640, height: 480, interlaced: true, keyFrames: [] } }), "remux");
    expect(facts).to.include({ container: "mpegts", reader: "remux", size: 77, originTicks: 0 });
    expect(facts.video).to.deep.include({ codec: "mpeg4", width: 640, height: 480, interlaced: true, timescale: 12_800, start: 0, end: 128_000, keyFrames: indexed.video.keyFrames, bitrate: 1_200 });
  });

  it("have sound that both know, and count what neither does", () => {
    const indexed = { ...makeFacts({ droppedAudio: 1 }), audio: [{ ...AUDIO, index: 0 }, { ...untold, index: 1 }, { ...untold, index: 2 }] };
    const probed = { ...probedFacts(), audio: [{ ...AUDIO, index: 0, language: "fr" }, { ...AUDIO, index: 1, codec: "ac3", channels: 6 }] };
    const facts = tellFacts(indexed, probed, "index");
    expect(facts.audio.map(({ index, codec, language }) => ({ index, codec, language }))).to.deep.equal([{ index: 0, codec: "aac", language: "fr" }, { index: 1, codec: "ac3", language: "en" }]);
    expect(facts.audio[1]).to.include({ channels: 6, timescale: 44_100, start: 100, end: 400_000 });
    expect(facts.droppedAudio).to.equal(2);
  });

  it("take a mirror from the index: ffprobe tells only the turn", () => {
    const mirrored = makeFacts({ video: { mirrored: true, rotation: 180 } });
    expect(tellFacts(mirrored, probedFacts(), "index").video).to.include({ mirrored: true, rotation: 180 });
    expect(tellFacts(makeFacts(), probedFacts({ video: { rotation: 90 } }), "index").video).to.include({ mirrored: false, rotation: 90 });
  });
});
