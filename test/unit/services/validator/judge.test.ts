import { expect } from "chai";
import { sniff } from "../../../../media/sniff.ts";
import { ENCRYPTED, judgeFacts, judgeHead, judgeTracks, unreadable, unsupportedCodec } from "../../../../services/validator/judge.ts";
import { REASON_CLASSES } from "../../../../services/videos/videos.contract.ts";
import { makeFacts } from "../../../support/sample-facts.ts";

const head = (text: string) => {
  const bytes = Buffer.from(text, "latin1");
  return judgeHead(bytes, sniff(bytes));
};
const DAY = { maxDurationSec: 86_400, maxPixels: 33_554_432, maxStreams: 64 };

describe("judging the first bytes", () => {
  it("passes media", () => expect(head("\0\0\0\x18ftypisom")).to.equal(undefined));

  it("rejects what points elsewhere", () => {
    expect(head("#EXTM3U\nhttp://10.0.0.1/a.ts")).to.deep.equal({ class: "forbidden_reference", message: "The source is an HLS playlist, which points at other resources. Post the video itself.", found: "an HLS playlist" });
  });

  it("tells a web page, a text, an image and an archive apart", () => {
    expect(head("<!doctype html><title>Sign in</title>")).to.include({ class: "not_media", found: "text/html" });
    expect(head("Notes of the third week: graphs, trees.")).to.include({ class: "unsupported_container", found: "text" });
    expect(head("\x89PNG\r\n\x1a\n")).to.include({ class: "unsupported_container", found: "a PNG image" });
    expect(head("PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0")).to.deep.equal({ class: "not_media", message: "The source is in no video format that is known here." });
  });
});

describe("judging facts", () => {
  it("accepts an ordinary lecture", () => expect(judgeFacts(makeFacts(), DAY)).to.be.empty);

  it("rejects a codec that is not decoded", () => {
    expect(judgeFacts(makeFacts({ video: { codec: "magicyuv" } }), DAY)).to.deep.equal([{ class: "unsupported_codec", message: "The video is coded as magicyuv, which is not decoded here. Export it as H.264.", codec: "magicyuv" }]);
    expect(unsupportedCodec("").message).to.include("something unknown");
  });

  it("rejects pictures over 33 554 432 pixels, coded or as shown, and over 16 384 along a side", () => {
    const size = (width: number, height: number, displayWidth = width, displayHeight = height) => judgeFacts(makeFacts({ video: { width, height, displayWidth, displayHeight } }), DAY);
    expect(size(8_192, 4_096)).to.be.empty;
    expect(size(8_192, 4_097)).to.deep.equal([{ class: "limit_dimensions", message: "The picture has 8192 × 4097 pixels; at most 33554432 in all and 16384 along a side are taken.", width: 8_192, height: 4_097 }]);
    expect(size(16_384, 100)).to.be.empty;
    expect(size(16_385, 100)[0]).to.include({ class: "limit_dimensions", width: 16_385 });
    expect(size(720, 576, 720 * 65_535, 576)[0]).to.include({ class: "limit_dimensions", width: 720 * 65_535 });
  });

  it("rejects what lasts too long, counted from its first frame", () => {
    const lasting = (seconds: number) => judgeFacts(makeFacts({ audio: null, video: { timescale: 1_000, start: 5_000, end: 5_000 + seconds * 1_000 } }), DAY);
    expect(lasting(86_400)).to.be.empty;
    expect(lasting(90_000)).to.deep.equal([{ class: "limit_duration", message: "The video lasts 25 hours; at most 24 are taken.", durationSec: 90_000 }]);
  });

  it("rejects a picture that outlasts its sound by hours: its times are damaged", () => {
    const facts = (seconds: number) => makeFacts({ video: { timescale: 1, start: 0, end: seconds }, audio: { timescale: 1, start: 0, end: 4 } });
    expect(judgeFacts(facts(51_200), DAY).map((reason) => reason.class)).to.deep.equal(["corrupt"]);
    expect(judgeFacts(facts(3_600), DAY)).to.be.empty;
  });

  it("names every reason at once", () => {
    const reasons = judgeFacts(makeFacts({ audio: null, video: { codec: "png", width: 16_000, height: 16_000, displayWidth: 16_000, displayHeight: 16_000, timescale: 1, end: 1_000_000 } }), DAY);
    expect(reasons.map((reason) => reason.class)).to.deep.equal(["unsupported_codec", "limit_dimensions", "limit_duration"]);
  });

  it("counts tracks", () => {
    expect(judgeTracks(64, DAY)).to.be.empty;
    expect(judgeTracks(65, DAY)).to.deep.equal([{ class: "limit_streams", message: "The file has 65 tracks; at most 64 are taken.", tracks: 65 }]);
  });

  it("takes pictures and tracks as far as it is told", () => {
    const small = { ...DAY, maxPixels: 1_280 * 720, maxStreams: 2 };
    const size = (width: number, height: number) => judgeFacts(makeFacts({ video: { width, height, displayWidth: width, displayHeight: height } }), small);
    expect(size(1_280, 720)).to.be.empty;
    expect(size(1_280, 722)).to.deep.equal([{ class: "limit_dimensions", message: "The picture has 1280 × 722 pixels; at most 921600 in all and 16384 along a side are taken.", width: 1_280, height: 722 }]);
    expect(judgeTracks(3, small)).to.deep.equal([{ class: "limit_streams", message: "The file has 3 tracks; at most 2 are taken.", tracks: 3 }]);
  });
});

describe("judging what cannot be read", () => {
  it("tells a cut file from a damaged and an encrypted one", () => {
    expect(unreadable("mp4", "incomplete")).to.include({ class: "truncated", container: "mp4" });
    expect(unreadable("mp4", "damaged")).to.include({ class: "corrupt", container: "mp4" });
    expect(unreadable("mp4", "whole")).to.include({ class: "corrupt" });
    expect(unreadable("avi", undefined)).to.deep.equal({ class: "corrupt", message: "The avi file is damaged and cannot be read.", container: "avi" });
    expect(unreadable("mp4", "encrypted")).to.equal(ENCRYPTED);
    expect(REASON_CLASSES).to.include.members([ENCRYPTED.class, "truncated", "corrupt"]);
  });
});
