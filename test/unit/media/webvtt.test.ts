import { expect } from "chai";
import * as fc from "fast-check";
import { cleanCueText } from "../../../media/webvtt/cue-text.ts";
import { formatWebVtt } from "../../../media/webvtt/document.ts";

describe("text of a cue", () => {
  it("keeps bold, italic and underline, and shows the rest as it is", () => {
    const cases: [string, string][] = [
      ["<b>Hello</b> & <i>you</i>", "<b>Hello</b> &amp; <i>you</i>"],
      ["<b><i>both</b>", "<b><i>both</i></b>"],
      ["<script>alert(1)</script>", "alert(1)"],
      ["<font color=red>red</font> <c.loud>x</c> <v Roger>y", "red x y"],
      ["<00:00:01.000>timed", "&lt;00:00:01.000&gt;timed"],
      ["5 < 6 && 7 > 6", "5 &lt; 6 &amp;&amp; 7 &gt; 6"],
      ["already &lt;b&gt; &amp; so", "already &lt;b&gt; &amp; so"],
      ["a --> b", "a --&gt; b"],
      ["first\r\n\r\n\nsecond", "first\nsecond"],
      ["<b> </b>\n<i></i>", ""],
      ["NOTE\u0000 x\u2028y", "NOTE x\ny"],
    ];
    for (const [text, clean] of cases) expect(cleanCueText(text), JSON.stringify(text)).to.equal(clean);
  });

  it("has nothing that ends a cue or opens a tag, whatever the source holds", () => {
    const pieces = fc.array(fc.constantFrom("<", ">", "/", "b", "i", "<b>", "</b>", "<u ", "-->", "&", "&lt;", "amp;", "\n", "\r", "\n\n", "\0", "\u2028", " ", "x", "<img src=x onerror=1>", "\ud800"), { maxLength: 40 });
    fc.assert(fc.property(pieces, (parts) => {
      const clean = cleanCueText(parts.join(""));
      expect(clean).to.not.match(/-->|\n\n|^\n|\n$|\r|[\0\u2028]/);
      expect(clean.replace(/<\/?[biu]>/g, "").replace(/&(amp|lt|gt);/g, "")).to.not.match(/[<>&]/);
      const open: string[] = [];
      for (const [, slash, name = ""] of clean.matchAll(/<(\/?)([biu])>/g)) {
        if (slash === "") open.push(name);
        else expect(open.pop()).to.equal(name);
      }
      expect(open).to.deep.equal([]);
    }));
  });
});

describe("WebVTT file", () => {
  it("has the cues in order, cut to the video", () => {
    expect(formatWebVtt([
      { start: 3_600_000, end: 9_999_999, text: "late" }, { start: -500, end: 1_500.4, text: "early" }, { start: -900, end: -1, text: "before" },
      { start: 2_000, end: 2_000, text: "none" }, { start: 4_000_000, end: 4_100_000, text: "after" }, { start: 1_000, end: 2_000, text: "{\\an8}" },
    ], 3_700_000)).to.equal(`WEBVTT

00:00:00.000 --> 00:00:01.500
early

00:00:01.000 --> 00:00:02.000
{\\an8}

01:00:00.000 --> 01:01:40.000
late
`);
    expect(formatWebVtt([], 1_000)).to.equal("WEBVTT\n");
  });

  it("shows a bounded number of cues at once, and none twice", () => {
    const same = Array.from({ length: 300 }, () => ({ start: 0, end: 36_000_000, text: "X" }));
    expect(formatWebVtt(same, 4_000).match(/-->/g)).to.have.length(1);
    const different = same.map((cue, index) => ({ ...cue, text: `X${index}` }));
    expect(formatWebVtt(different, 4_000).match(/-->/g)).to.have.length(8);
    const many = Array.from({ length: 30_000 }, (_, index) => ({ start: index, end: index + 1, text: "x" }));
    expect(formatWebVtt(many, 4e9).match(/-->/g)).to.have.length(20_000);
  });
});
