import { expect } from "chai";
import { boundOfAny, byValue, distinctBytes, leastRecent } from "../../../bench/cost/bounded.ts";
import { COSTS } from "../../../bench/cost/costs.ts";
import { MAKERS, replay, spentOf } from "../../../bench/cost/replay.ts";
import { costWithoutCache, fullLadder, leastCost, openTrace, type Trace } from "../../../bench/cost/trace.ts";
import { openCatalogue } from "../../../bench/viewing/catalogue.ts";

describe("replayed viewing", function () {
  this.timeout(120_000);
  let trace: Trace;
  before(() => { trace = openTrace(openCatalogue({ views: 500, courses: 5, weeks: 4 })); });

  it("costs no less than whoever knows the future pays, and with a cache no more than without", () => {
    const [least, without] = [leastCost(trace, COSTS), costWithoutCache(trace, COSTS)];
    expect(least).to.be.above(0);
    for (const forecast of [false, true]) {
      const outcome = replay(trace, COSTS, { policy: "lazy", forecast });
      expect(spentOf(outcome)).to.be.within(least, without);
      for (const who of MAKERS) expect(outcome.wasted[who]).to.be.within(0, outcome.spent[who] + 1e-6);
    }
    expect(spentOf(replay(trace, COSTS, { policy: "eager", forecast: false }))).to.be.at.least(least);
  });

  it("has of eager what a full ladder has, which costs the encodes of what eager repackages more", () => {
    const eager = replay(trace, COSTS, { policy: "eager", forecast: false });
    const ladder = fullLadder(trace, COSTS);
    expect(eager.storedBytes).to.be.closeTo(ladder.bytes, 1);
    const encodeTop = { ...COSTS, startSec: 0, repackageSec: COSTS.encodeSec.top };
    // Without starts what is left is the decoding of what eager only repackages, which no lecture is spared that has other rungs.
    expect(spentOf(replay(trace, encodeTop, { policy: "eager", forecast: false }))).to.be.closeTo(fullLadder(trace, encodeTop).cpuSec, 1);
  });

  it("is the same each time", () => {
    const again = openTrace(openCatalogue({ views: 500, courses: 5, weeks: 4 }));
    const rules = { policy: "hybrid", forecast: true } as const;
    expect(replay(again, COSTS, rules)).to.deep.equal(replay(trace, COSTS, rules));
  });

  it("lets more views begin at once when more is made before, and forecasts cost what they are allowed to", () => {
    const share = (rules: Parameters<typeof replay>[2]): number => {
      const { views, viewsWarm } = replay(trace, COSTS, rules);
      return viewsWarm / views;
    };
    const [lazy, forecast, eager] = [share({ policy: "lazy", forecast: false }), share({ policy: "lazy", forecast: true }), share({ policy: "eager", forecast: false })];
    expect(forecast).to.be.at.least(lazy);
    expect(eager).to.equal(1);
    expect(replay(trace, COSTS, { policy: "lazy", forecast: true, budget: 0 }).spent.forecast).to.equal(0);
  });

  it("of bounded caches none saves more than the bound of any, and larger ones no less by much", () => {
    const all = distinctBytes(trace, COSTS);
    let before = 0;
    for (const part of [0.02, 0.1, 0.4, 1]) {
      const bound = boundOfAny(trace, COSTS, part * all);
      const saved = [leastRecent(trace, COSTS, part * all), byValue(trace, COSTS, part * all, true), byValue(trace, COSTS, part * all, false)].map(({ cpu }) => cpu);
      for (const cpu of saved) expect(cpu).to.be.at.most(bound + 1e-9);
      expect(saved[1]).to.be.at.least(before - 0.02);
      before = saved[1] ?? 0;
    }
  });
});
