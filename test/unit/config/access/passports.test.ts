import { expect } from "chai";
import { passports } from "../../../../config/access/passports.ts";
import type { Caller } from "../../../../config/access/permissions.ts";
import { findErrorCode } from "../../../../config/errors.ts";

const SECRET = "a secret of thirty-two characters";
const caller: Caller = { subject: "key:1", tenant: "physics", roles: ["viewer"] };

describe("a passport", () => {
  let time = 1_000_000;
  const office = (secret: string | undefined, namespace = "lectern") => passports(secret, namespace, () => time);
  const codeOf = (work: () => unknown): string | undefined => {
    try {
      work();
      return undefined;
    } catch (error) {
      return findErrorCode(error);
    }
  };

  it("says on every node of the mesh who asks", () => {
    expect(office(SECRET).read(office(SECRET).issue(caller))).to.deep.equal(caller);
  });

  it("is issued nowhere else, and cannot be altered", () => {
    const passport = office(SECRET).issue(caller);
    const [text = "", mark = ""] = passport.split(".");
    const wider = Buffer.from(JSON.stringify({ caller: { ...caller, roles: ["admin"] }, until: time * 2 })).toString("base64url");
    for (const forged of [`${wider}.${mark}`, wider, `${text}.`, text, "", ".", null, {}, { caller }, office(`${SECRET}!`).issue(caller), office(SECRET, "other").issue(caller), office(undefined).issue(caller)]) {
      expect(codeOf(() => office(SECRET).read(forged)), JSON.stringify(forged)).to.equal("unauthorized");
    }
  });

  it("is good for ten minutes, also where it has been seen before", () => {
    const [reader, passport] = [office(SECRET), office(SECRET).issue(caller)];
    expect(reader.read(passport)).to.deep.equal(caller);
    time += 10 * 60_000;
    expect(reader.read(passport)).to.deep.equal(caller);
    time += 1;
    expect(codeOf(() => reader.read(passport))).to.equal("unauthorized");
  });
});
