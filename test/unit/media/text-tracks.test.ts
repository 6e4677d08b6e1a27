import { expect } from "chai";
import * as fc from "fast-check";
import { readMatroskaTextTracks } from "../../../media/matroska/text-tracks.ts";
import { readCaptionCues } from "../../../media/matroska/caption-cues.ts";
import { readElements } from "../../../media/matroska/ebml.ts";
import { readMp4TextTracks } from "../../../media/mp4/text-tracks.ts";
import { ebml } from "../../support/ebml.ts";
import { box, fullBox, u16, u32 } from "../../../media/cmaf/boxes.ts";

const entry = (type: number, codec: string, ...more: Buffer[]): Buffer => ebml(0xae, Buffer.concat([ebml(0x83, type), ebml(0x86, codec), ...more]));

describe("text tracks of Matroska", () => {
  it("are counted with those of pictures, as FFmpeg counts them", () => {
    const tracks = Buffer.concat([
      entry(1, "V_MPEG4/ISO/AVC"), entry(0x11, "S_VOBSUB", ebml(0x22b59c, "eng")), entry(2, "A_AAC"),
      entry(0x11, "S_TEXT/UTF8", ebml(0x22b59c, "ger"), ebml(0x536e, "Für Gehörlose\0\0")), entry(0x11, ""),
      entry(0x11, "S_TEXT/ASS", ebml(0x22b59c, "eng"), ebml(0x22b59d, "en-GB")), entry(0x11, "D_WEBVTT/SUBTITLES", ebml(0x22b59c, "und")),
    ]);
    expect(readMatroskaTextTracks(tracks)).to.deep.equal([
      { index: 1, codec: "subrip", language: "ger", title: "Für Gehörlose" }, { index: 2, codec: "ass", language: "en-GB" }, { index: 3, codec: "webvtt" },
    ]);
  });

  it("never fail, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      readMatroskaTextTracks(buffer);
      readCaptionCues(buffer);
      expect([...readElements(buffer)].length).to.be.at.most(buffer.length);
    }));
  });
});

describe("cues in FFmpeg's Matroska", () => {
  const block = (track: number, at: number, text: string, duration: number): Buffer =>
    ebml(0xa0, Buffer.concat([ebml(0xa1, Buffer.concat([Buffer.from([0x80 | track, at >> 8, at & 255, 0]), Buffer.from(`id\nline:0\n${text}`)])), ebml(0x9b, Buffer.from([duration >> 8, duration & 255]))]));

  it("are told apart by track, up to where the bytes end", () => {
    const cluster = (time: number, ...blocks: Buffer[]): Buffer => ebml(0x1f43b675, Buffer.concat([ebml(0xe7, Buffer.from([time >> 8, time & 255])), ...blocks]));
    const segment = Buffer.concat([Buffer.from([0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255]), cluster(1000, block(1, 5, "a\nb", 500), block(2, 0, "c", 700)), cluster(9000, block(1, 0, "d", 800))]);
    const output = Buffer.concat([ebml(0x1a45dfa3, ""), segment]);
    expect(readCaptionCues(output)).to.deep.equal(new Map([
      [1, [{ start: 1005, end: 1505, text: "a\nb" }, { start: 9000, end: 9800, text: "d" }]], [2, [{ start: 1000, end: 1700, text: "c" }]],
    ]));
    expect(readCaptionCues(output.subarray(0, -3)).get(1)).to.have.length(1);
  });
});

describe("text tracks of MP4", () => {
  const track = (id: number, handler: string, sampleEntry: string, language: number, ...more: Buffer[]): Buffer => box("trak",
    fullBox("tkhd", 0, 7, u32(0, 0, id, 0, 0)),
    ...more,
    box("mdia", fullBox("mdhd", 0, 0, u32(0, 0, 1000, 0), u16(language, 0)), fullBox("hdlr", 0, 0, u32(0), Buffer.from(handler), Buffer.alloc(13)),
      box("minf", box("stbl", fullBox("stsd", 0, 0, u32(1), box(sampleEntry, Buffer.alloc(8)))))));
  const packed = (language: string): number => [...language].reduce((value, letter) => value * 32 + letter.charCodeAt(0) - 0x60, 0);

  it("are those with text samples, but for a list of chapters", () => {
    const movie = Buffer.concat([
      track(1, "vide", "avc1", packed("und"), box("tref", box("chap", u32(3)))), track(2, "subp", "mp4s", packed("eng")), track(3, "text", "text", packed("eng")),
      track(4, "sbtl", "tx3g", packed("deu"), box("udta", box("name", Buffer.from("Kommentar")))), track(5, "text", "text", 0), track(6, "meta", "mett", packed("eng")),
    ]);
    expect(readMp4TextTracks(movie)).to.deep.equal([{ index: 1, codec: "mov_text", language: "deu", title: "Kommentar" }, { index: 2, codec: "mov_text" }]);
  });
});
