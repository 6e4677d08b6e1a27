import { existsSync, openSync, readdirSync, readSync, closeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import * as fc from "fast-check";
import { looksLikeHtml, looksLikeText, sniff } from "../../../media/sniff.ts";

const text = (string: string): Buffer => Buffer.from(string, "utf8");
const latin = (string: string): Buffer => Buffer.from(string.padEnd(400, "\0"), "latin1");
const packets = (...at: number[]): Buffer => {
  const bytes = Buffer.alloc(400);
  for (const offset of at) bytes[offset] = 0x47;
  return bytes;
};

describe("the first bytes", () => {
  const media: Record<string, [Buffer, string]> = {
    "MP4": [latin("\0\0\0\x18ftypisom"), "mp4"],
    "MP4 whose data comes first": [latin("\0\0\0\x08wide\0\0\0\0mdat"), "mp4"],
    "a media segment": [latin("\0\0\0\x18styp"), "mp4"],
    "Matroska and WebM": [latin("\x1a\x45\xdf\xa3"), "matroska"],
    "AVI": [latin("RIFF\0\0\0\0AVI LIST"), "avi"],
    "WAVE": [latin("RIFF\0\0\0\0WAVEfmt "), "wav"],
    "Flash video": [latin("FLV\x01"), "flv"],
    "Ogg": [latin("OggS"), "ogg"],
    "GIF": [latin("GIF89a"), "gif"],
    "ASF": [latin("\x30\x26\xb2\x75\x8e\x66"), "asf"],
    "an MPEG program stream": [latin("\0\0\x01\xba"), "mpeg"],
    "MPEG video": [latin("\0\0\x01\xb3"), "mpeg"],
    "an MPEG transport stream": [packets(0, 188), "mpegts"],
    "a transport stream with times": [packets(4, 196), "mpegts"],
    "MP3 with a tag": [latin("ID3\x04"), "mp3"],
    "MP3": [latin("\xff\xfb\x90\x64"), "mp3"],
    "ADTS": [latin("\xff\xf1\x50\x80"), "mp3"],
    "FLAC": [latin("fLaC"), "flac"],
  };
  for (const [name, [head, container]] of Object.entries(media)) {
    it(`are those of ${name}`, () => expect(sniff(head)).to.deep.equal({ kind: "media", container }));
  }

  const references: Record<string, [Buffer, string]> = {
    "an HLS playlist": [text("#EXTM3U\n#EXT-X-VERSION:3\n"), "an HLS playlist"],
    "an HLS playlist behind a byte order mark and blanks": [text("\ufeff \r\n#EXTM3U\n"), "an HLS playlist"],
    "a concat script": [text("ffconcat version 1.0\nfile /etc/passwd\n"), "a concat script"],
    "a session description": [text("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n"), "a session description (SDP)"],
    "a DASH manifest": [text('<?xml version="1.0"?>\n<!DOCTYPE x>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">'), "a DASH manifest"],
  };
  for (const [name, [head, what]] of Object.entries(references)) {
    it(`are those of ${name}, which points elsewhere`, () => expect(sniff(head)).to.deep.equal({ kind: "reference", what }));
  }

  it("are those of other well-known files", () => {
    expect(sniff(latin("\x89PNG\r\n\x1a\n"))).to.deep.equal({ kind: "other", what: "a PNG image" });
    expect(sniff(latin("\xff\xd8\xff\xe0"))).to.deep.equal({ kind: "other", what: "a JPEG image" });
    expect(sniff(latin("%PDF-1.7"))).to.deep.equal({ kind: "other", what: "a PDF document" });
    expect(sniff(latin("RIFF\0\0\0\0WEBPVP8 "))).to.deep.equal({ kind: "other", what: "a RIFF file of type WEBP" });
  });

  it("say nothing in a web page, a text, an archive, a program, or nothing at all", () => {
    const unknown = [text("<!doctype html><title>Sign in</title>"), text("Lecture notes, week 3: graphs and trees."), latin("PK\x03\x04"), latin("\x7fELF"), Buffer.alloc(65_536), Buffer.alloc(1), Buffer.alloc(0)];
    for (const head of unknown) expect(sniff(head), head.toString("latin1", 0, 20)).to.deep.equal({ kind: "unknown" });
  });

  it("are no transport stream for beginning with a G", () => {
    expect(sniff(text("Go to the library's page for the recording."))).to.deep.equal({ kind: "unknown" });
    expect(sniff(packets(0))).to.deep.equal({ kind: "unknown" });
    expect(sniff(packets(4))).to.deep.equal({ kind: "unknown" });
  });

  it("are no MPEG audio for being text with a byte order mark of UTF-16", () => {
    expect(sniff(Buffer.from("\ufeff<html><body>Sign in", "utf16le"))).to.deep.equal({ kind: "unknown" });
  });

  it("are looked at without a fault, whatever they are", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 5_000 }), (head) => {
      expect(sniff(head).kind).to.be.oneOf(["media", "reference", "other", "unknown"]);
      looksLikeHtml(head);
      looksLikeText(head);
    }));
    const prefixes = fc.constantFrom("\x1a\x45\xdf\xa3", "RIFF", "\0\0\0\x18ftyp", "#EXTM3U", "ID3", "<");
    fc.assert(fc.property(prefixes, fc.uint8Array({ maxLength: 40 }), (prefix, rest) => {
      expect(sniff(Buffer.concat([Buffer.from(prefix, "latin1"), rest])).kind).to.be.oneOf(["media", "reference", "other", "unknown"]);
    }));
    for (const filler of [" ", "<", "<MPD", "ï»¿", "<!---->", "<!--", "<?xml>"]) { // each ends at once
      const filled = Buffer.from(filler.repeat(65_536 / filler.length), "latin1");
      expect(sniff(filled)).to.deep.equal({ kind: "unknown" });
      expect(looksLikeHtml(filled)).to.equal(false);
    }
  });

  it("never pass a playlist off as media", () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(" ", "\n", "\t", "\r") }), fc.string(), (blank, rest) => {
      expect(sniff(text(`${blank}#EXTM3U${rest}`)).kind).to.equal("reference");
    }));
  });
});

describe("a web page", () => {
  it("is told by its first tag, also behind blanks, a byte order mark, an XML declaration or a comment", () => {
    for (const page of ["<!DOCTYPE html>", "<html lang=en>", "  \n<HEAD>", "<body>", "\ufeff<!doctype html>", '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>', "<!-- saved from url -->\n<html>"]) expect(looksLikeHtml(text(page)), page).to.equal(true);
    for (const other of ["<MPD>", "<svg>", "html", "# <html>", ""]) expect(looksLikeHtml(text(other)), other).to.equal(false);
  });
});

describe("text", () => {
  it("is what is nearly all printable", () => {
    expect(looksLikeText(text("Lecture notes, week 3.\r\n\tGrüße aus der Universität."))).to.equal(true);
    expect(looksLikeText(text("short"))).to.equal(false);
    expect(looksLikeText(Buffer.alloc(100))).to.equal(false);
    expect(looksLikeText(Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256)))).to.equal(false);
  });
});

const CORPUS = fileURLToPath(new URL("../../../../shared/media/corpus/f/", import.meta.url));

describe(`hostile files ${existsSync(CORPUS) ? "of ../shared/media" : "(without ../shared/media: none)"}`, () => {
  const files = existsSync(CORPUS) ? readdirSync(CORPUS) : [];
  const head = (name: string): Buffer => {
    const bytes = Buffer.alloc(65_536);
    const file = openSync(CORPUS + name, "r");
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(file);
    }
  };
  for (const name of files.filter((file) => /\.(m3u8|mpd)$|^(hls|ffconcat|sdp)/.test(file) && !file.endsWith(".avi"))) {
    it(`${name} is a reference`, () => expect(sniff(head(name)).kind).to.equal("reference"));
  }
  for (const name of files.filter((file) => /^(good-base|odd-853x481|wrap|flv|animated|anamorphic-dvd|coverart)/.test(file))) {
    it(`${name} is media`, () => expect(sniff(head(name)).kind).to.equal("media"));
  }
});
