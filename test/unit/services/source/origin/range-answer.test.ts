import { expect } from "chai";
import * as fc from "fast-check";
import { judgeAnswer } from "../../../../../services/source/origin/range-answer.ts";

const asked = { start: 100, end: 200 };
const now = Date.parse("2026-11-02T08:00:00Z");
const judge = (status: number, headers: Record<string, string>) => judgeAnswer(status, headers, asked, now);

describe("answers to a range request", () => {
  it("takes the part that was asked for, or less of it", () => {
    expect(judge(206, { "content-range": "bytes 100-199/1000", "content-length": "100" })).to.deep.equal({ kind: "part", end: 200, total: 1000 });
    expect(judge(206, { "content-range": "bytes 100-199/1000", "transfer-encoding": "Chunked" })).to.deep.equal({ kind: "part", end: 200, total: 1000 });
    expect(judge(206, { "content-range": "bytes 100-149/150" })).to.deep.equal({ kind: "part", end: 150, total: 150 });
  });

  for (const [why, headers] of [
    ["another start", { "content-range": "bytes 0-199/1000" }],
    ["more than was asked for", { "content-range": "bytes 100-200/1000" }],
    ["an end behind the file's", { "content-range": "bytes 100-199/150" }],
    ["an unknown size", { "content-range": "bytes 100-199/*" }],
    ["no Content-Range", {}],
    ["another length", { "content-range": "bytes 100-199/1000", "content-length": "99" }],
    ["several parts in it", { "content-range": "bytes 100-199/1000", "content-type": "Multipart/byteranges; boundary=x" }],
    ["bytes compressed on the way", { "content-range": "bytes 100-199/1000", "transfer-encoding": "gzip, chunked" }],
    ["compressed bytes", { "content-range": "bytes 100-199/1000", "content-encoding": "gzip" }],
  ] as const) {
    it(`takes no part with ${why}`, () => expect(judge(206, headers).kind).to.equal("broken"));
  }

  it("knows a whole file, with or without a size", () => {
    expect(judge(200, { "content-length": "1000" })).to.deep.equal({ kind: "whole", size: 1000 });
    expect(judge(200, {})).to.deep.equal({ kind: "whole", size: undefined });
    expect(judge(200, { "content-encoding": "identity", "content-length": "0" })).to.deep.equal({ kind: "whole", size: 0 });
    expect(judge(200, { "content-encoding": "br" }).kind).to.equal("broken");
  });

  it("reads Retry-After as seconds and as a date", () => {
    expect(judge(429, { "retry-after": "7" })).to.deep.equal({ kind: "throttled", retryAfterMs: 7000 });
    expect(judge(503, { "retry-after": "Mon, 02 Nov 2026 08:00:09 GMT" })).to.deep.equal({ kind: "throttled", retryAfterMs: 9000 });
    expect(judge(503, { "retry-after": "Mon, 02 Nov 2026 07:00:00 GMT" })).to.deep.equal({ kind: "throttled", retryAfterMs: 0 });
    expect(judge(503, { "retry-after": "99999999999" })).to.deep.equal({ kind: "throttled", retryAfterMs: 99_999_999_999_000 });
    expect(judge(503, { "retry-after": "soon" })).to.deep.equal({ kind: "throttled", retryAfterMs: undefined });
  });

  it("sorts the rest by what can be done about it", () => {
    for (const status of [400, 401, 402, 403, 404, 407, 410, 451]) expect(judge(status, {}).kind, String(status)).to.equal("refused");
    for (const status of [408, 500, 502, 504, 599]) expect(judge(status, {}).kind, String(status)).to.equal("failed");
    for (const status of [301, 302, 303, 307, 308]) expect(judge(status, { location: "/x" }), String(status)).to.deep.equal({ kind: "redirect", location: "/x" });
    expect(judge(304, {}).kind).to.equal("unchanged");
    expect(judge(416, { "content-range": "bytes */0" })).to.deep.equal({ kind: "outside", total: 0 });
    expect(judge(204, {}).kind).to.equal("broken");
  });

  it("never believes a part that does not fit, whatever the header says", () => {
    fc.assert(fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat(), (junk, a, b, c) => {
      for (const text of [junk, `bytes ${a}-${b}/${c}`]) {
        const answer = judge(206, { "content-range": text });
        if (answer.kind === "part") expect(text).to.equal(`bytes 100-${answer.end - 1}/${answer.total}`);
        else expect(answer.kind).to.equal("broken");
      }
    }));
  });
});
