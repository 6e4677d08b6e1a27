import { expect } from "chai";
import * as fc from "fast-check";
import { openMeshHistory } from "../../../../services/operator/overview/mesh-history.ts";
import { openNodePolls, parseFigures, ROUND } from "../../../../services/operator/overview/node-polls.ts";
import { TOTALS } from "../../../../services/node/node.contract.ts";

describe("polls of nodes", () => {
  const figures = { view: { state: "active", reasons: [] }, uptimeSec: 1, loop: 0.5, encodes: [], encodeCount: 0, now: { at: 1, totals: [] }, past: [] };
  function open(ask: (node: string) => Promise<unknown>) {
    const clock = { now: 1_000_000 };
    const asked: string[] = [];
    const polls = openNodePolls({ ask: (node) => { asked.push(node); return ask(node); }, queueOf: () => "", history: openMeshHistory(() => clock.now), now: () => clock.now });
    return { clock, asked, polls };
  }
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `node-${i}`);

  it("ask so many a round, all of them in turn, and first who changed", async () => {
    const { asked, polls, clock } = open(async () => figures);
    const nodes = names(2 * ROUND + 4);
    for (let round = 0; round < 3; round++) {
      await polls.round(nodes, new Set());
      clock.now += 100;
      expect(asked.length).to.equal(Math.min(nodes.length, (round + 1) * ROUND));
    }
    expect(new Set(asked).size).to.equal(nodes.length);
    clock.now += 10_000;
    await polls.round(nodes, new Set([nodes.at(-1) ?? ""]));
    expect(asked[nodes.length]).to.equal(nodes.at(-1));
  });

  it("ask nobody twice at a time, and keep nothing of who has left", async () => {
    const late = Promise.withResolvers<unknown>();
    const { asked, polls, clock } = open(() => late.promise);
    await polls.round(["a"], new Set());
    clock.now += 60_000;
    await polls.round(["a"], new Set());
    expect(asked).to.deep.equal(["a"]);
    await polls.round([], new Set());
    late.resolve(figures);
    await late.promise;
    expect(polls.find("a")).to.equal(undefined);
  });

  it("have all that was counted when each has been heard, or has failed to answer", async () => {
    const late = Promise.withResolvers<unknown>();
    const { polls, clock } = open((node) => (node === "late" ? late.promise : node === "away" ? Promise.reject(new Error("away")) : Promise.resolve(figures)));
    const all = ["a", "late", "away"];
    expect(polls.wholeUntil([], 5_000)).to.equal(0);
    await polls.round(all, new Set());
    const heardAt = clock.now;
    expect([polls.wholeUntil(["a"], 5_000), polls.wholeUntil(all, 5_000)]).to.deep.equal([heardAt, 0]);
    clock.now += 1_000;
    late.resolve(figures);
    await late.promise;
    await polls.round(all, new Set());
    expect(polls.wholeUntil(all, 5_000)).to.equal(heardAt);
    clock.now += 5_000;
    expect(polls.wholeUntil(all, 5_000), "of one that says nothing any more nobody waits").to.equal(heardAt + 1_000);
  });

  it("take what was known of one that fails to answer as it was", async () => {
    let fails = false;
    const { polls, clock } = open(async () => (fails ? Promise.reject(new Error("away")) : figures));
    await polls.round(["a"], new Set());
    const before = polls.find("a");
    fails = true;
    clock.now += 5_000;
    await polls.round(["a"], new Set());
    expect(polls.find("a")).to.deep.equal(before).and.to.include({ loop: 0.5 });
  });

  it("take nothing from the wire that is not in its form, and bound what is", () => {
    fc.assert(fc.property(fc.anything(), (value) => {
      const parsed = parseFigures(value);
      if (parsed !== undefined) expect(parsed.now.totals).to.have.lengthOf(TOTALS.length);
    }));
    const wild = parseFigures({ ...figures, loop: 7, uptimeSec: NaN, encodeCount: -1, encodes: Array.from({ length: 999 }, () => ({ videoId: "v".repeat(999), lane: "play", renditions: "x", progress: 9 })), past: Array.from({ length: 9_999 }, (_, at) => ({ at, totals: [Infinity, "1"] })) });
    expect([wild?.loop, wild?.uptimeSec, wild?.encodeCount, wild?.encodes.length, wild?.past.length, wild?.past[0]?.totals[0]]).to.deep.equal([1, 0, 0, ROUND, 130, 0]);
    expect(wild?.encodes[0]).to.deep.include({ videoId: "v".repeat(40), renditions: [], progress: 1 });
  });
});
