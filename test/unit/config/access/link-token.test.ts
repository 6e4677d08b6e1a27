import { expect } from "chai";
import * as fc from "fast-check";
import { tenantMark, USES, type Grant } from "../../../../config/access/grants.ts";
import { linkKeys } from "../../../../config/access/link-keys.ts";
import { networkOf, readLink, signLink } from "../../../../config/access/link-token.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";
const NOW = 1_800_000_000_000;
const keysOf = (...secrets: string[]) => linkKeys({ linkKeys: secrets.map((secret) => secret.padEnd(32, "-")), meshSecret: undefined, namespace: "lectern" });
const keys = keysOf("one");
const grant = (more: Partial<Grant> = {}): Grant => ({ videoId: ID, uses: ["play"], linkId: "AbCd-_123456", since: 7, tenant: tenantMark("physics"), until: NOW + 60_000, ...more });
const read = (token: string, { videoId = ID, network = undefined as string | undefined, now = NOW } = {}): Grant | undefined => readLink(keys, token, videoId, network, now);

describe("a link's token", () => {
  it("says what was granted, in 56 letters of one spelling", () => {
    fc.assert(fc.property(fc.subarray([...USES], { minLength: 1 }), fc.nat(2 ** 31), fc.integer({ min: 1, max: 2_592_000 }), fc.uint8Array({ minLength: 9, maxLength: 9 }), (uses, since, seconds, link) => {
      const given = grant({ uses, since, until: NOW + seconds * 1000, linkId: Buffer.from(link).toString("base64url") });
      const token = signLink(keys, given, undefined);
      expect(token).to.match(/^[A-Za-z0-9_-]{56}$/);
      expect(read(token)).to.deep.equal(given);
    }));
  });

  it("is good for its video, until its end, and where its key is known", () => {
    const token = signLink(keys, grant(), undefined);
    expect(read(token, { videoId: ID.replace("v", "w") })).to.equal(undefined);
    expect(read(token, { videoId: "" })).to.equal(undefined);
    expect([read(token, { now: NOW + 59_999 })?.linkId, read(token, { now: NOW + 60_000 })]).to.deep.equal(["AbCd-_123456", undefined]);
    expect(readLink(keysOf("two", "one"), token, ID, undefined, NOW)).to.deep.equal(grant());
    expect(readLink(keysOf("two", "three"), token, ID, undefined, NOW)).to.equal(undefined);
  });

  it("is nothing with any one bit or letter of it changed, with more of it or less", () => {
    const token = signLink(keys, grant(), undefined);
    const bytes = Buffer.from(token, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(read(flipped.toString("base64url")), `bit ${bit}`).to.equal(undefined);
    }
    for (const other of [`${token}A`, token.slice(1), `${token}=`, ` ${token}`, `${token}\n`, token.toUpperCase(), token.replace(/./, "%41"), "", "A".repeat(56)]) expect(read(other), other).to.equal(undefined);
  });

  it("that is bound is good in its network only, and one that is not, everywhere", () => {
    const network = networkOf("203.0.113.9");
    const bound = signLink(keys, grant(), network);
    expect(read(bound, { network: networkOf("203.0.113.200") })).to.deep.equal(grant());
    for (const other of [networkOf("203.0.114.9"), networkOf("2001:db8::1"), "", undefined]) expect(read(bound, { network: other }), String(other)).to.equal(undefined);
    expect(read(signLink(keys, grant(), undefined), { network })).to.deep.equal(grant());
  });
});

describe("the network of an address", () => {
  it("is a /24 of IPv4, however that is written, and a /56 of IPv6", () => {
    expect([networkOf("203.0.113.9"), networkOf("::ffff:203.0.113.255")]).to.deep.equal(["cb0071", "cb0071"]);
    expect([networkOf("2001:db8:1:2ff::1"), networkOf("2001:0db8:0001:0200:ffff::"), networkOf("2001:db8:1:300::1")]).to.deep.equal(["20010db8000102", "20010db8000102", "20010db8000103"]);
  });

  it("is unknown of what is none", () => {
    for (const text of ["", "unknown", "1.2.3", "1.2.3.4.5", "0x7f000001", "_hidden", "1.2.3.4:80"]) expect(networkOf(text), text).to.equal(undefined);
  });
});
