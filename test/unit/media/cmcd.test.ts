import { expect } from "chai";
import * as fc from "fast-check";
import { parseCmcd } from "../../../media/cmcd.ts";

describe("parseCmcd", () => {
  it("reads what figures are made of, of a query as CTA-5004 shows it", () => {
    expect(parseCmcd(['bl=21300,br=3200,bs,cid="faec5fc2,bs",d=4004,mtp=25400,nor="..%2F300kbps%2Ftrack.m4v",ot=v,pr=1.08,sf=d,sid="6e2fb550",st=v,su,tb=6000'])).to.deep.equal({
      format: "dash", starved: true, urgent: true, bufferMs: 21_300, throughputKbps: 25_400, bitrateKbps: 3_200, topBitrateKbps: 6_000,
    });
  });

  it("reads the four headers together", () => {
    expect(parseCmcd(["bl=8000, mtp=4000", "br=600,d=4000,ot=v,tb=2400", "bs", "sf=h, sid=\"x\""])).to.deep.equal({
      format: "hls", starved: true, urgent: false, bufferMs: 8_000, throughputKbps: 4_000, bitrateKbps: 600, topBitrateKbps: 2_400,
    });
  });

  it("leaves out values that are none, and keys that it does not know", () => {
    const nothing = { format: "other", starved: false, urgent: false };
    for (const text of ["bl=-5", "bl=1e9", "bl=9999999999", "bl=\"5\"", "mtp=0", "br=1.5", "bs=false", "bs=1", "su=\"true\"", "sf=x", "sf=constructor"]) expect(parseCmcd([text]), text).to.deep.equal(nothing);
    expect(parseCmcd(["bl=1000,bl=2000"]), "the first of two").to.deep.include({ bufferMs: 1_000 });
  });

  it("reads the rest beside keys of a player's own, as the specification writes them", () => {
    expect(parseCmcd(["bl=21300,bs,com.example-myNumericKey=500,sf=h"])).to.deep.include({ format: "hls", starved: true, bufferMs: 21_300 });
  });

  it("is nothing where it is not CMCD, or too much of it", () => {
    for (const text of ["", ",,,", "<script>", "a b", "=5", "BL=5", "com.example-key=1,v=1", `sid="${"x".repeat(3_000)}",bs`]) expect(parseCmcd([text]), text.slice(0, 20)).to.equal(undefined);
    expect(parseCmcd([])).to.equal(undefined);
    expect(parseCmcd([`${Array.from({ length: 100 }, (_, n) => `x-${n}=1`).join(",")},bs`]), "behind forty keys").to.equal(undefined);
  });

  it("is of this form and these bounds, whatever comes, in time that grows no faster than the text", () => {
    const piece = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("bl=", "bs", "su", ",", "=", '"', "\\", "sf=h", "tb=", "br=7", "mtp=99999999999999"), fc.integer().map(String));
    fc.assert(fc.property(fc.array(fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join("")), { maxLength: 4 }), (parts) => {
      const said = parseCmcd(parts);
      if (said === undefined) return;
      const { format, starved, urgent, ...numbers } = said;
      expect(["hls", "dash", "smooth", "other"]).to.include(format);
      expect([typeof starved, typeof urgent]).to.deep.equal(["boolean", "boolean"]);
      for (const [name, value] of Object.entries(numbers)) {
        expect(["bufferMs", "throughputKbps", "bitrateKbps", "topBitrateKbps"]).to.include(name);
        expect(value).to.satisfy(Number.isSafeInteger).and.be.within(0, 100_000_000);
      }
    }), { numRuns: 300 });
  });

  it("reads back what a player writes", () => {
    fc.assert(fc.property(fc.record({ bl: fc.nat(3_600_000), mtp: fc.integer({ min: 1, max: 1e8 }), bs: fc.boolean(), sid: fc.string({ maxLength: 64 }) }), ({ bl, mtp, bs, sid }) => {
      const said = parseCmcd([`bl=${bl}${bs ? ",bs" : ""},mtp=${mtp},sf=h,sid=${JSON.stringify(sid)}`]);
      expect(said).to.deep.equal({ format: "hls", starved: bs, urgent: false, bufferMs: bl, throughputKbps: mtp });
    }));
  });
});
