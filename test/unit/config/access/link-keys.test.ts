import { expect } from "chai";
import { linkKeys, type LinkKeyOptions } from "../../../../config/access/link-keys.ts";
import { findErrorCode } from "../../../../config/errors.ts";

const [SECRET, OTHER] = ["a secret of thirty-two characters", "another one of as many characters"];
const EPOCH_MS = 31 * 24 * 3_600_000;

describe("keys of links", () => {
  let time = 1_000 * EPOCH_MS + 1;
  const ring = (options: Partial<LinkKeyOptions>) => linkKeys({ linkKeys: undefined, meshSecret: undefined, namespace: "lectern", ...options }, () => time);
  beforeEach(() => { time = 1_000 * EPOCH_MS + 60 * 60_000; });

  it("made of the mesh's secret are the same on all nodes, and on those of no other mesh", () => {
    const { id, key } = ring({ meshSecret: SECRET }).signing();
    expect(ring({ meshSecret: SECRET }).signing()).to.deep.equal({ id, key });
    expect(key).to.have.length(32);
    for (const stranger of [ring({ meshSecret: OTHER }), ring({ meshSecret: SECRET, namespace: "other" }), ring({ linkKeys: [SECRET] })]) {
      expect(stranger.find(id)).to.equal(undefined);
      expect(stranger.signing().key.equals(key)).to.equal(false);
    }
  });

  it("outlive one change, and no second", () => {
    const keys = ring({ meshSecret: SECRET });
    const { id } = keys.signing();
    time += EPOCH_MS;
    expect(keys.signing().id).to.not.equal(id);
    expect([keys.find(id)?.id, ring({ meshSecret: SECRET }).find(id)?.id]).to.deep.equal([id, id]);
    time += EPOCH_MS;
    expect([keys.find(id), ring({ meshSecret: SECRET }).find(id)]).to.deep.equal([undefined, undefined]);
  });

  it("are believed a little before their time: clocks differ", () => {
    time = 1_001 * EPOCH_MS + 1_000;
    const { id } = ring({ meshSecret: SECRET }).signing();
    time -= 60_000;
    expect(ring({ meshSecret: SECRET }).find(id)?.id).to.equal(id);
    time -= 60 * 60_000;
    expect(ring({ meshSecret: SECRET }).find(id)).to.equal(undefined);
  });

  it("that were set are as they were set: the first signs, all are found, and the mesh's secret is not", () => {
    const keys = ring({ linkKeys: [SECRET, OTHER], meshSecret: SECRET });
    expect(keys.signing().id).to.equal(ring({ linkKeys: [SECRET] }).signing().id);
    const older = ring({ linkKeys: [OTHER] }).signing().id;
    expect(keys.find(older)?.id).to.equal(older);
    expect(ring({ linkKeys: [SECRET] }).find(older)).to.equal(undefined);
    expect(keys.find(ring({ meshSecret: SECRET }).signing().id)).to.equal(undefined);
  });

  it("are none where there is no secret: nothing is signed with what anybody could guess, and nothing believed", () => {
    const none = ring({});
    let code: string | undefined;
    try {
      none.signing();
    } catch (error) {
      code = findErrorCode(error);
    }
    expect(code).to.equal("links_off");
    for (const guess of ["", "undefined"]) expect(none.find(ring({ meshSecret: guess }).signing().id)).to.equal(undefined);
  });
});
