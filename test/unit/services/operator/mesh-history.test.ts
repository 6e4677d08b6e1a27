import { expect } from "chai";
import { TOTALS, type FigurePoint, type TotalName } from "../../../../services/node/node.contract.ts";
import { openMeshHistory } from "../../../../services/operator/overview/mesh-history.ts";
import { quantileOf } from "../../../../services/operator/overview/quantile.ts";

describe("history of the mesh", () => {
  const START = 1_700_000_000_000; // a step begins here
  const point = (at: number, totals: Partial<Record<TotalName, number>> = {}): FigurePoint => ({ at: START + at, totals: TOTALS.map((name) => totals[name] ?? 0) });

  it("adds up what nodes counted in the same ten seconds, as rates", () => {
    const history = openMeshHistory(() => START + 25_000);
    history.add("a", [point(0, { sentBytes: 1_000 }), point(9_000, { sentBytes: 6_000 }), point(19_000, { sentBytes: 6_000 })]);
    history.add("b", [point(1_000), point(8_000, { sentBytes: 5_000 })]);
    expect(history.steps(0, START + 20_000).map(({ at, sentBytes }) => [at - START, sentBytes])).to.deep.equal([[10_000, 1_000], [20_000, 0]]);
    expect(history.steps(START + 10_000, START + 20_000)).to.have.lengthOf(1);
    expect(history.steps(0, START + 19_999), "what is not over is not told").to.have.lengthOf(1);
    expect(history.lastOf("a")).to.equal(START + 19_000);
  });

  it("counts nothing twice, and takes a node that was started anew for that", () => {
    const history = openMeshHistory(() => START + 25_000);
    history.add("a", [point(0, { segments: 100 }), point(5_000, { segments: 110 })]);
    history.add("a", [point(0, { segments: 100 }), point(5_000, { segments: 110 }), point(6_000, { segments: 20 })]);
    expect(history.steps(0, START + 10_000).map(({ segments }) => segments * 10)).to.deep.equal([30]);
  });

  it("keeps twenty minutes, and nothing of clocks that are wrong", () => {
    let now = START + 5_000;
    const history = openMeshHistory(() => now);
    history.add("a", [point(0), point(4_000, { segments: 10 }), point(10_000_000, { segments: 20 })]);
    expect(history.steps(0, START + 10_000).map(({ segments }) => segments)).to.deep.equal([1]);
    now = START + 1_300_000;
    expect(history.steps(0, now)).to.deep.equal([]);
  });

  it("adds up what waits in the queues, of each as it was told last", () => {
    const history = openMeshHistory(() => START + 25_000);
    const waiting = (at: number, ...chunks: number[]): FigurePoint => ({ ...point(at), waiting: chunks });
    history.add("a", [point(0), waiting(3_000, 9, 0, 0), waiting(8_000, 1, 2, 3)], "eu");
    history.add("b", [point(0), waiting(9_000, 1, 2, 4)], "eu");
    history.add("c", [point(0), waiting(9_000, 5, 0, 0)], "us");
    expect(history.steps(0, START + 10_000).map(({ waitPlay, waitNormal, waitBulk }) => [waitPlay, waitNormal, waitBulk])).to.deep.equal([[6, 2, 4]]);
  });

  it("says how long first plays and segments took", () => {
    const history = openMeshHistory(() => START + 20_000);
    expect([history.firstPlays(), history.segments()]).to.deep.equal([{ count: 0 }, { count: 0, faults: 0, stalls: 0 }]);
    history.add("a", [point(0), point(15_000, { firstPlays: 10, play400: 5, play800: 10, play1500: 10, play3000: 10, play6000: 10, play15000: 10, play30000: 10, segments: 4, segmentFaults: 1, seg100: 2, seg250: 2, seg500: 2, seg1000: 2, seg2000: 2, seg4000: 2, seg8000: 2 })]);
    expect(history.firstPlays()).to.deep.equal({ count: 10, p50Ms: 400, p95Ms: 760 });
    expect(history.segments(), "beyond what is measured").to.deep.equal({ count: 4, faults: 1, stalls: 0, p50Ms: 100, p95Ms: -1 });
  });

  it("takes quantiles as Prometheus does", () => {
    expect(quantileOf([[10, 0]], 0, 0.5)).to.equal(undefined);
    expect(quantileOf([[10, 10], [20, 20]], 20, 0.75)).to.equal(15);
    expect(quantileOf([[10, 1]], 2, 0.95)).to.equal(Infinity);
  });
});
