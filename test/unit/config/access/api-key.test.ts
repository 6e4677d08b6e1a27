import { expect } from "chai";
import * as fc from "fast-check";
import { hashKey, isKeyOf, keyId, makeApiKey } from "../../../../config/access/api-key.ts";

describe("an API key", () => {
  it("is named by its id, and like no other", () => {
    const made = Array.from({ length: 200 }, makeApiKey);
    for (const { id, key } of made) expect(keyId(key)).to.equal(id);
    expect(new Set(made.map(({ key }) => key)).size).to.equal(200);
    expect(made[0]?.key).to.match(/^lectern_[0-9a-f]{20}_[0-9a-f]{72}$/);
  });

  it("is known to be mistyped without asking anybody", () => {
    const { key } = makeApiKey();
    fc.assert(fc.property(fc.nat(key.length - 1), fc.constantFrom(..."0123456789abcdefxyz_ "), (at, letter) => {
      const typed = key.slice(0, at) + letter + key.slice(at + 1);
      expect(keyId(typed) === undefined).to.equal(typed !== key);
    }));
    for (const other of ["", "lectern_", key.toUpperCase(), `${key} `, key.slice(0, -1), `x${key}`]) expect(keyId(other), other).to.equal(undefined);
  });

  it("is recognised by its hash, and by no other", () => {
    const { key } = makeApiKey();
    expect(isKeyOf(key, hashKey(key))).to.equal(true);
    for (const hash of [hashKey(makeApiKey().key), "", key, hashKey(key).toUpperCase()]) expect(isKeyOf(key, hash)).to.equal(false);
  });
});
