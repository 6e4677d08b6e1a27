import { expect } from "chai";
import * as fc from "fast-check";
import { findKey, isPlaced, isRepeatable, staysInRegion } from "../../../../config/placement/placed-calls.ts";

const MADE = ["transcoder.make", "transcoder.keyFrame", "transcoder.captions", "transcoder.still", "transcoder.sheet", "transcoder.clip"];

describe("placed calls", () => {
  it("of one video have one key, whatever is made of it, and so has the look at it before", () => {
    const params = { videoId: "01arz3ndektsv4rrffq69g5fav", rendition: "360p", segment: 3 };
    for (const action of MADE) expect(findKey(action, params), action).to.equal(params.videoId);
    expect(findKey("validator.validate", { id: params.videoId })).to.equal(params.videoId);
  });

  it("are those that work on a video's bytes; reading the store or the catalogue is none of them", () => {
    for (const action of ["storage.get", "source.read", "videos.state", "cache.open", "transcoder.load", "constructor", ""]) {
      expect(isPlaced(action), action).to.equal(false);
      expect(findKey(action, { videoId: "v" }), action).to.equal(undefined);
    }
  });

  it("may be repeated, as may asking another node's cache; nothing that writes may", () => {
    for (const action of [...MADE, "validator.validate", "cache.open"]) expect(isRepeatable(action), action).to.equal(true);
    for (const action of ["storage.put", "videos.submit", "source.append", "transcoder.chunk"]) expect(isRepeatable(action), action).to.equal(false);
  });

  it("stay in their region when they write down what they find", () => {
    expect(["validator.validate", "screening.screen", ...MADE].filter(staysInRegion)).to.deep.equal(["validator.validate", "screening.screen"]);
  });

  it("have a short key or none, whatever the parameters are", () => {
    fc.assert(fc.property(fc.oneof(fc.anything(), fc.record({ videoId: fc.anything() }), fc.record({ videoId: fc.string({ maxLength: 500, size: "max" }) })), (params) => {
      const key = findKey("transcoder.make", params);
      if (key !== undefined) expect(key.length).to.be.within(1, 64);
    }));
  });
});
