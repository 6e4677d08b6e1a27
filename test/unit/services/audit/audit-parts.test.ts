import { expect } from "chai";
import * as fc from "fast-check";
import type { AuditEntry } from "../../../../config/audit-sink.ts";
import { canonicalJson } from "../../../../services/audit/chain/canonical-json.ts";
import { makeSigningKey, parsePublicKey, parseSigningKey } from "../../../../services/audit/chain/signing-key.ts";
import { createPublicKey } from "node:crypto";
import { countRefusals } from "../../../../services/audit/refusals.ts";
import { freshKey } from "../../../support/audit-log.ts";

describe("canonical JSON", () => {
  it("is RFC 8785's, by its own examples", () => {
    expect(canonicalJson({ numbers: [Number("333333333.33333329"), 1e30, 4.50, 2e-3, 0.000000000000000000000000001], string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/", literals: [null, true, false] }))
      .to.equal("{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    const sorted = { "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis" };
    expect([...canonicalJson(sorted).matchAll(/:"([^"]+)"/g)].map(([, name]) => name)).to.deep.equal(["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"]);
  });

  it("is one text for one value, in whatever order its members came", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const turned = (part: unknown): unknown => (Array.isArray(part) ? part.map(turned) : typeof part === "object" && part !== null ? Object.fromEntries(Object.entries(part).toReversed().map(([name, inner]) => [name, turned(inner)])) : part);
      fc.pre(JSON.stringify(value).isWellFormed());
      expect(canonicalJson(turned(value))).to.equal(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
    }));
  });

  it("refuses what JSON does not have", () => {
    for (const value of [Number.NaN, Infinity, "\ud800", () => 1, 1n, [undefined]]) expect(() => canonicalJson(value)).to.throw(TypeError);
  });
});

describe("a signing key", () => {
  it("is taken from its file, its certificate or PEM as the same public key", () => {
    const text = makeSigningKey(new Date());
    const { certificate } = parseSigningKey(text);
    const pem = createPublicKey({ key: Buffer.from(certificate.publicKey, "base64"), type: "spki", format: "der" }).export({ type: "spki", format: "pem" }).toString();
    for (const form of [text, JSON.stringify(certificate), pem]) expect(parsePublicKey(form)).to.include({ key: certificate.key, publicKey: certificate.publicKey });
    expect(JSON.stringify(parsePublicKey(text))).to.not.include("PRIVATE");
  });

  it("is refused when its halves are of two keys, or it is of another kind", () => {
    const [one, other] = [JSON.parse(makeSigningKey(new Date())) as object, JSON.parse(makeSigningKey(new Date())) as { privateKey: string }];
    expect(() => parseSigningKey(JSON.stringify({ ...one, privateKey: other.privateKey }))).to.throw("do not belong together");
    for (const text of ["", "{}", "key"]) expect(() => parsePublicKey(text), text).to.throw();
    expect(freshKey().certificate.key).to.not.equal(freshKey().certificate.key);
  });
});

describe("refused attempts", () => {
  it("are counted by who tried what from where, and bounded whoever tries", () => {
    const noted: AuditEntry[] = [];
    const refusals = countRefusals((entry) => void noted.push(entry), () => new Date(0), 3);
    for (let n = 0; n < 1_000; n++) refusals.add({ code: "unauthorized", subject: "unknown", asked: "listKeys", from: "p:1" });
    refusals.add({ code: "forbidden", subject: "key:1", asked: "listKeys", from: "p:1" });
    for (let n = 0; n < 500; n++) refusals.add({ code: "unauthorized", subject: "unknown", asked: "listKeys", from: `p:x${n}` });
    refusals.flush();
    expect(noted.map(({ who, from, result, count }) => [who?.subject, from, result, count])).to.deep.equal([
      ["unknown", "p:1", "unauthorized", 1_000], ["key:1", "p:1", "forbidden", 1], ["unknown", "p:x0", "unauthorized", 1], ["others", undefined, "refused", 499],
    ]);
    refusals.flush();
    expect(noted).to.have.length(4);
  });
});
