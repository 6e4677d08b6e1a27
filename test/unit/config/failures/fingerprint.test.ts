import { expect } from "chai";
import * as fc from "fast-check";
import { fingerprint, GROUP_ID, messageTemplate, ownFrames } from "../../../../config/failures/fingerprint.ts";
import { redact } from "../../../../config/failures/redact.ts";

const PROJECT = new URL("../../../../", import.meta.url).href;
const stackOf = (...frames: string[]): string => ["TypeError: boom", ...frames.map((frame) => `    at ${frame}`)].join("\n");

describe("a failure's fingerprint", () => {
  const of = (message: string, stack?: string, code = "unexpected"): string => fingerprint({ code, action: "cache.segment", message, stack });

  it("is the same whatever ids, paths, addresses, numbers and quotations there are", () => {
    const alike: string[][] = [
      ["Video 01arz3ndektsv4rrffq69g5fav has 3 faults", "Video 01arz3ndektsv4rrffq69g5faw has 1200.5 faults"],
      ["connect ECONNREFUSED 127.0.0.1:6379", "connect ECONNREFUSED 10.11.12.13:6380", "connect ECONNREFUSED [fe80::1]:6379"],
      ["https://a.example/x.mp4?token=1 did not answer", "http://other.example:8080/lecture/2 did not answer"],
      ["ENOENT: no such file or directory, open '/var/lib/lectern/a b.mp4'", "ENOENT: no such file or directory, open '/tmp/x'"],
      ["cannot read /var/lib/lectern/blocks/ab", "cannot read /data/blocks/cd/ef.bin"],
      ["Request is timed out when call 'videos.state' action on 'node-12' node.", "Request is timed out when call 'videos.state' action on 'pc-77-x' node."],
      ["upload 3f9a0c1b2d4e5f60aa is 0x1f off", "upload 77aa0c1b2d4e5f60bb is 0x2e off"],
      ["the title \"Ana's lesson 7\" is odd", "the title \"x\ny\" is odd"],
      ["id 7b6a8f2e-1f0c-4d3a-9c55-0a1b2c3d4e5f failed", "id 00000000-1f0c-4d3a-9c55-0a1b2c3d4eff failed"],
    ];
    for (const messages of alike) expect(new Set(messages.map((message) => of(message))).size, messages[0]).to.equal(1);
  });

  it("differs by code, place, words, and the names of a program's own", () => {
    const different = [
      of("boom"), of("bang"), of("boom", undefined, "encode_failed"), fingerprint({ code: "unexpected", action: "cache.open", message: "boom" }),
      of("Cannot read properties of undefined (reading 'plan')"), of("Cannot read properties of undefined (reading 'facts')"),
      of("boom", stackOf(`make (${PROJECT}services/cache/searches.ts:3:4)`)), of("boom", stackOf(`take (${PROJECT}services/cache/searches.ts:3:4)`)),
    ];
    expect(new Set(different).size).to.equal(different.length);
  });

  it("goes by the functions of this program that it went through, not by their lines and not by others'", () => {
    const frames = (line: number): string => stackOf(`Object.read (node:fs:${line}:1)`, `make (${PROJECT}services/cache/searches.ts:${line}:4)`, `next (${PROJECT}node_modules/moleculer/src/x.js:1:1)`, `async ${PROJECT}mixins/redis.ts:${line}:9`, "new Foreign (file:///elsewhere/x.ts:1:2)");
    expect(of("boom", frames(1))).to.equal(of("boom", frames(77)));
    expect(ownFrames(frames(7))).to.deep.equal(["make services/cache/searches.ts:7"]);
    expect(ownFrames(stackOf(`async Promise.all (index 0)`, `async make (${PROJECT}a.ts:1:2)`, `${PROJECT}b.ts:3:4`))).to.deep.equal(["make a.ts:1", "b.ts:3"]);
    expect(ownFrames(new Error("here").stack)[0]).to.match(/test\/unit\/config\/failures\/fingerprint\.test\.ts:\d+$/);
  });

  it("of what was made on purpose does not go by its stack, which differs with who asked", () => {
    expect(of("boom", stackOf(`a (${PROJECT}a.ts:1:2)`), "encode_failed")).to.equal(of("boom", stackOf(`b (${PROJECT}b.ts:1:2)`), "encode_failed"));
  });

  it("is an id of few characters for any text, and is found in time", () => {
    const nasty = ["a://".repeat(5_000), "\"".repeat(20_000), "/~".repeat(9_000), "a-".repeat(9_000), "1:".repeat(9_000), "::".repeat(9_000), "a@".repeat(9_000), "\ud800".repeat(50), "key=".repeat(9_000), "0".repeat(30_000)];
    for (const text of nasty) expect(of(text, text)).to.match(new RegExp(GROUP_ID));
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.integer(), (text, n) => {
      expect(of(text)).to.match(new RegExp(GROUP_ID));
      expect(messageTemplate(`${n} is wrong`)).to.equal("<n> is wrong");
      expect(messageTemplate(text).length).to.be.at.most(200);
    }));
  });
});

describe("a redacted text", () => {
  it("has no secrets, no persons, no queries and no places of this program", () => {
    const cases: [string, string][] = [
      ["GET https://ana:pw@a.example/x.mp4?token=abc#t=1 failed", "GET https://[hidden]@a.example/x.mp4?… failed"],
      ["redis://user:pass@redis:6379 is away", "redis://[hidden]@redis:6379 is away"],
      ["Authorization: Bearer lectern_0123456789abcdef0123_ff", "Authorization=[hidden] [hidden]"],
      ["password=hunter2&x=1", "password=[hidden]"], ["{\"secret\":\"abc\"}", "{\"secret\"=[hidden]}"],
      ["/play/~v1.abc.def/01arz3/master.m3u8", "/play/~…/01arz3/master.m3u8"],
      ["login:anna@school.example may not", "login:… may not"], ["ask anna.muster@school.example", "ask [somebody]"],
      ["/home/anna/x.mp4", "/home/[somebody]/x.mp4"],
      ["jwt eyJhbGciOiJFZERTQSJ9aaaaaaaaaaaaaaaaaaaaaaaa.eyJzdWIiOiIxIn0.c2lnbmF0dXJl.", "jwt [hidden]"],
      [`at ${PROJECT}config/x.ts`, "at config/x.ts"],
      ["Video 01arz3ndektsv4rrffq69g5fav: FFmpeg ended with 1", "Video 01arz3ndektsv4rrffq69g5fav: FFmpeg ended with 1"],
    ];
    for (const [text, clean] of cases) expect(redact(text), text).to.equal(clean);
  });

  it("stays as it is when it goes through again", () => {
    fc.assert(fc.property(fc.constantFrom("https://a:b@c.example/d?e=f", "key=value", "login:anna", "Bearer abcdef", "/~token/x", "a@b.example"), fc.string({ maxLength: 50 }), (text, more) => {
      const once = redact(`${text} ${more}`);
      expect(redact(once)).to.equal(once);
    }));
  });
});
