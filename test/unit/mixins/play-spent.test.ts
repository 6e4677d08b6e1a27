import { expect } from "chai";
import { formatServerTiming, ownStages, spentIn, sumOf, tellSpent } from "../../../mixins/play-spent.ts";

describe("what an answer was spent on", () => {
  it("is told stage by stage, each node adding its own", () => {
    const request = { meta: { user: "somebody" } };
    tellSpent(request, { plan: 1 });
    const further = { meta: { ...request.meta } };
    tellSpent(further, { fetch: 20, encode: 300 });
    tellSpent(further, { mode: "encode" });
    expect(spentIn(further)).to.deep.equal({ plan: 1, fetch: 20, encode: 300, mode: "encode" });
    expect(spentIn(request), "a call does not change its caller's").to.deep.equal({ plan: 1 });
    expect(further.meta).to.include({ user: "somebody" });
  });

  it("is believed of another node only as far as it is well-formed", () => {
    for (const spent of [undefined, null, 7, "plan", [], { plan: "1" }, { plan: -1 }, { plan: NaN }, { plan: Infinity }, { mode: "x" }, { "a;b": 1 }]) expect(spentIn({ meta: { spent } }), JSON.stringify(spent)).to.deep.equal({});
    expect(spentIn({ meta: { spent: { encode: 5, plan: null, x: 1, mode: "repackage" } } })).to.deep.equal({ encode: 5, mode: "repackage" });
  });

  it("is in Server-Timing in its order, with where the bytes were", () => {
    expect(formatServerTiming({ total: 340.04, encode: 300, fetch: 20.26, wait: 0, plan: 1, cache: 12, mode: "encode" }, "made"))
      .to.equal("plan;dur=1.0, cache;desc=made;dur=12.0, wait;dur=0.0, fetch;dur=20.3, encode;dur=300.0, total;dur=340.0");
    expect(formatServerTiming({ total: 1 }, "memory")).to.equal("cache;desc=memory;dur=0.0, total;dur=1.0");
    expect(formatServerTiming({ plan: 2, total: 3 })).to.equal("plan;dur=2.0, total;dur=3.0");
  });

  it("is an earlier request's where this one joined it: shared, and not waited for", () => {
    const spent = { plan: 1, cache: 5, join: 80, encode: 300, total: 82 };
    expect(formatServerTiming(spent, "made")).to.equal("plan;dur=1.0, cache;desc=made;dur=5.0, join;dur=80.0, encode;desc=shared;dur=300.0, total;dur=82.0");
    expect(ownStages(spent)).to.deep.equal({ plan: 1, join: 80, total: 82 });
    expect([sumOf({ plan: 1, join: 80, encode: 300 }), sumOf({ fetch: 20, encode: 300, mode: "encode" })]).to.deep.equal([81, 320]);
  });
});
