import { expect } from "chai";
import * as fc from "fast-check";
import { makeApiKey } from "../../../../config/access/api-key.ts";
import { knownSecrets } from "../../../../config/logging/known-secrets.ts";
import { openScrub } from "../../../../config/logging/scrub.ts";

const scrub = openScrub(["the secret of this mesh, for a test", 'pass"word\\1']);
const TOKEN = "A".repeat(20) + "-_b3".repeat(9);
const JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl";

describe("scrub", () => {
  it("hides what would let somebody in, wherever it stands", () => {
    const { key } = makeApiKey();
    const lines: [string, string][] = [
      [`key ${key} was shown`, key], [`key=${key}`, key], [`(${key.slice(0, 60)}`, key.slice(8, 60)], [`{"key":"${key}"}`, key],
      [`GET /play/~${TOKEN}/01arz3ndektsv4rrffq69g5fav/master.m3u8`, TOKEN], [`/watch/%7E${TOKEN}/x`, TOKEN],
      [`Authorization: Bearer ${TOKEN}`, TOKEN], [`authorization: Basic YW5uYTpzZWNyZXQ=`, "YW5uYTpzZWNyZXQ"], [`"authorization":"Bearer ${JWT}"`, JWT.slice(0, 30)], [`token was ${JWT}`, JWT.slice(0, 30)],
      ["AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/eu/s3/aws4_request, Signature=fe5f80f77d5fa3beca038a", "fe5f80f77d5fa3beca038a"],
      ["https://media.example/a.mp4?X-Amz-Signature=fe5f80&X-Amz-Credential=x", "fe5f80"], ["https://media.example/a.mp4#t=secret1", "secret1"], ["/v1/videos?after=x&sig=abcdef", "abcdef"],
      ["https://anna:hunter2@media.example/a.mp4", "hunter2"], ["redis://:hunter2@10.0.0.1:6379", "hunter2"], ["nats://token@host", "token@"],
      ["AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"], ["secretAccessKey: wJalrXUtnFEMI/K7MDENG", "wJalr"], ["AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "wJalr"], ["{\"contentKey\": \"00112233\"}", "00112233"], ["password = 'a b c'", "a b c"],
      ["SUAGMJH5XLGZKQQWAWKRZJIGMOU4HPFUYLXJMXOO5NLFEO2OOQJ5LPRDPM", "GMJH5XLG"], ["-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----", "MHcCAQEE"],
      ["login:anna@school.example asked", "anna"], ["login%3Aanna asked", "anna"], ["mail anna.b+c@school.example now", "anna"], ["anna%40school.example", "anna"],
      ["said the secret of this mesh, for a test!", "of this mesh"], [JSON.stringify({ p: 'pass"word\\1' }), "word"], [encodeURIComponent('pass"word\\1'), "word"],
    ];
    for (const [line, secret] of lines) expect(scrub(line), line).not.to.include(secret);
  });

  it("leaves what an operator reads", () => {
    for (const line of [
      "Video 01arz3ndektsv4rrffq69g5fav: FFmpeg failed: Invalid data found when processing input", "listening on http://127.0.0.1:3000", "keeps objects in s3://lectures", "GET /v1/videos/01arz3ndektsv4rrffq69g5fav 502 source_unreachable: media.example does not answer.",
      "Work 01arz3ndektsv4rrffq69g5fav-picture-10 failed (attempt 2): 5 of 10 segments", "The object store is back after 3.2 s.", "at open (config/requests/request-id.ts:12:3)", "encrypts what belongs to videos and uploads; the key k1 wraps theirs",
    ]) expect(scrub(line)).to.equal(line);
  });

  it("shows nothing of a secret that is cut through, or stands beyond what is looked at", () => {
    const { key } = makeApiKey();
    for (const before of [8_100, 8_150, 8_185, 8_192, 9_000]) expect(scrub(`${"word ".repeat(2_000).slice(0, before)} ${key}`)).not.to.include(key.slice(8, 20));
  });

  it("hides keys in the midst of anything", () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 200 }), (before, after) => {
      const { key } = makeApiKey();
      expect(scrub(`${before} ${key} ${after}`)).not.to.include(key.slice(8, 28));
      expect(scrub(`${before} /play/~${TOKEN}/ ${after}`)).not.to.include(TOKEN);
    }));
  });

  it("comes to its end whatever a line is made of", () => { // one rule that tries in two ways would take minutes
    const pieces = ["a", "@", "://", "?", "=", "a=", "a@", "/~", "-----BEGIN PRIVATE KEY-----", "token ", "token:", "'", '"', "eyJ", "lectern_a", "login:", "bearer a", "a.", "%40", "a-", "\\"];
    for (const piece of pieces) expect(scrub(piece.repeat(8_192 / piece.length)).length, piece).to.be.at.most(16_384);
  });
});

describe("knownSecrets", () => {
  it("are those of settings, the passwords in their addresses, and AWS'", () => {
    expect(knownSecrets({
      LECTERN_MESH_SECRET: "mesh", LECTERN_LINK_KEYS: "one,two", LECTERN_REDIS_URL: "redis://u:p%40ss@h", LECTERN_NATS_URL: "nats://a:b1@h,nats://a:b2@h", LECTERN_STORE_KEYS: "env:MY_KEY,file:x", MY_KEY: "mine", AWS_SECRET_ACCESS_KEY: "aws", LECTERN_REGION: "eu",
    })).to.include.members(["mesh", "one", "two", "p%40ss", "p@ss", "b1", "b2", "mine", "aws"]).and.not.include("eu");
  });
});
