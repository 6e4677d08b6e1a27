import { expect } from "chai";
import * as fc from "fast-check";
import { chooseNode, type Candidate } from "../../../../config/placement/choose-node.ts";
import type { LoadReport } from "../../../../config/placement/load-report.ts";

const idle: LoadReport = { slots: 4, play: 0, background: 0, waiting: 0, ownCpu: 0, machineCpu: 0, accepting: true };
const node = (id: string, changes: Partial<Candidate> = {}): Candidate => ({ id, region: "us", report: idle, rttMs: 1, begun: 0, avoid: false, ...changes });
const loaded = (id: string, report: Partial<LoadReport>, changes: Partial<Candidate> = {}): Candidate => node(id, { report: { ...idle, ...report }, ...changes });
const four = (report: Partial<LoadReport> = {}, changes: Partial<Candidate> = {}, prefix = "n"): Candidate[] => [1, 2, 3, 4].map((n) => loaded(`${prefix}${n}`, report, changes));

const noChance = (): number => { throw new Error("no chance here"); };
const byKey = (nodes: readonly Candidate[], key: string) => chooseNode(nodes, { region: "us", key }, noChance);
const idOf = (nodes: readonly Candidate[], key: string): string => byKey(nodes, key).node.id;
const keys = Array.from({ length: 200 }, (_, n) => `video-${n}`);
/** A key that belongs to `id`. */
const keyOf = (nodes: readonly Candidate[], id: string): string => {
  const key = keys.find((one) => idOf(nodes, one) === id);
  if (key === undefined) throw new Error(`no key goes to ${id}`);
  return key;
};

const share = fc.double({ min: 0, max: 1, noNaN: true });
const anyReport = fc.record({ slots: fc.integer({ min: 1, max: 64 }), play: fc.nat(99), background: fc.nat(64), waiting: fc.nat(999), ownCpu: share, machineCpu: share, speed: fc.double({ min: 0.1, max: 1e6, noNaN: true }), accepting: fc.boolean() }, { requiredKeys: ["slots", "play", "background", "waiting", "ownCpu", "machineCpu", "accepting"] });
const anyNode = fc.record({ id: fc.string(), region: fc.constantFrom("us", "eu", "asia", undefined), report: fc.option(anyReport, { nil: undefined }), rttMs: fc.option(fc.nat(2_000), { nil: undefined }), begun: fc.nat(50), avoid: fc.boolean() });
const anyNodes = fc.uniqueArray(anyNode, { minLength: 1, maxLength: 15, selector: ({ id }) => id });
const anyKey = fc.option(fc.string(), { nil: undefined });

describe("choice of a node", () => {
  it("is one of those there are, whatever is known of them", () => {
    fc.assert(fc.property(anyNodes, anyKey, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (nodes, key, chance) => {
      expect(nodes).to.include(chooseNode(nodes, { region: "us", key }, () => chance).node);
    }));
  });

  it("passes over nodes that do not answer or do not accept calls, as long as there is another", () => {
    fc.assert(fc.property(anyNodes, anyKey, (nodes, key) => {
      const { node: chosen } = chooseNode(nodes, { region: "us", key }, () => 0.5);
      const takes = ({ avoid, report }: Candidate): boolean => !avoid && report?.accepting !== false;
      if (nodes.some(takes)) expect(takes(chosen)).to.equal(true);
      else if (nodes.some(({ avoid }) => !avoid)) expect(chosen.avoid).to.equal(false);
    }));
  });

  it("of a key is the same for everybody who knows the same, in whatever order", () => {
    fc.assert(fc.property(anyNodes, fc.string(), (nodes, key) => {
      expect(idOf(nodes.toReversed(), key)).to.equal(idOf(nodes, key));
    }));
  });

  it("stays where a key belongs while half that node's room is left, or it has but one thing to do, whatever the others do", () => {
    for (const [slots, play] of [[8, 3], [4, 1], [2, 1], [1, 1]] as const) {
      const nodes = (busy: number) => four({ slots }).map((one) => (one.id === "n2" ? loaded("n2", { slots, play: busy }) : one));
      const key = keyOf(nodes(0), "n2");
      expect(byKey(nodes(play), key), `${play} of ${slots}`).to.deep.include({ way: "kept" });
      expect(byKey(nodes(play + 1), key), `${play + 1} of ${slots}`).to.deep.include({ way: "spilled" });
    }
  });

  it("moves on when the node has more than its share, and comes back", () => {
    const key = keyOf(four(), "n2");
    const full = four().map((one) => (one.id === "n2" ? loaded("n2", { play: 4 }) : one));
    expect(byKey(full, key).way).to.equal("spilled");
    const next = idOf(full, key);
    expect(next).to.equal(idOf(four().filter(({ id }) => id !== "n2"), key));
    expect(idOf(four({ play: 4 }), key)).to.equal("n2"); // no more than its share
    expect(idOf(four().map((one) => (one.id === "n2" ? node("n2", { begun: 4 }) : one)), key)).to.not.equal("n2");
  });

  it("never leaves a node with much more work for its room than all have on average, when calls come all at once", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 10 }), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 200 }), (slots, videos, calls) => {
      const nodes = slots.map((count, n) => loaded(`n${n}`, { slots: count }));
      for (let n = 0; n < calls; n++) byKey(nodes, `v${n % videos}`).node.begun++;
      const room = slots.reduce((sum, count) => sum + count, 0);
      for (const { id, begun, report: { slots: slotsOf } = idle } of nodes) expect(begun, id).to.be.at.most(Math.max(2, slotsOf * Math.max(0.5, calls / room + 0.25)) + 1);
    }));
  });

  it("gives nodes keys by what they can do", () => {
    const nodes = [loaded("large", { slots: 8, speed: 100 }), loaded("small", { slots: 2, speed: 100 }), loaded("slow", { slots: 8, speed: 25 })];
    const counts = Map.groupBy(keys, (key) => idOf(nodes, key));
    const [large = 0, small = 0, slow = 0] = ["large", "small", "slow"].map((id) => counts.get(id)?.length);
    expect([large > slow, slow > small, small > 0]).to.deep.equal([true, true, true]);
  });

  it("without a key is the better of two that chance names, never a third", () => {
    const nodes = [loaded("a", { play: 3 }), loaded("b", { play: 2 }), loaded("c", { play: 1 }), node("d")];
    const drawn = (first: number, second: number): string => {
      const chances = [first / 4 + 0.01, second / 3 + 0.01];
      return chooseNode(nodes, { region: "us", key: undefined }, () => chances.shift() ?? 0).node.id;
    };
    expect([drawn(0, 0), drawn(1, 1), drawn(0, 2), drawn(3, 0)]).to.deep.equal(["b", "d", "d", "d"]);
    expect(chooseNode([node("only")], { region: "us", key: undefined }, () => 0.99).node.id).to.equal("only");
  });

  it("does not send everybody to the node that was idle a second ago", () => {
    const nodes = [...four({ play: 3 }), ...four({ play: 3 }, {}, "m"), node("idle")];
    let seed = 1;
    const chance = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const chosen = Array.from({ length: 900 }, () => chooseNode(nodes, { region: "us", key: undefined }, chance).node.id);
    expect(chosen.filter((id) => id === "idle").length / 900).to.be.closeTo(2 / 9, 0.05);
  });

  it("weighs a longer way against a shorter queue", () => {
    const pair = (rttMs: number) => [loaded("near", { play: 4 }), node("far", { rttMs })];
    const chosen = (rttMs: number): string => chooseNode(pair(rttMs), { region: "us", key: undefined }, () => 0).node.id;
    expect([chosen(100), chosen(5_000)]).to.deep.equal(["far", "near"]);
  });
});

describe("choice of a region", () => {
  const eu = four({}, { region: "eu", rttMs: 80 }, "e");
  const asia = four({}, { region: "asia", rttMs: 160 }, "a");

  it("is the own while any of its nodes takes calls and has not far too much to do", () => {
    for (const report of [{}, { play: 4 }, { play: 4, waiting: 11 }]) expect(byKey([...asia, ...eu, ...four(report)], "v").node.region).to.equal("us");
    expect(byKey([...eu, ...four({ accepting: false }).slice(1), node("n1")], "v")).to.deep.include({ way: "kept" });
  });

  it("is the nearest other when the own has no node, none that takes calls, or none that is not full", () => {
    for (const own of [[], four({ accepting: false }), four({}, { avoid: true }), four({ play: 4, waiting: 12 })]) {
      const { node: chosen, way } = byKey([...asia, ...own, ...eu], "v");
      expect([chosen.region, way]).to.deep.equal(["eu", "abroad"]);
    }
    expect(byKey([...asia, ...four({ play: 4, waiting: 12 }, { region: "eu", rttMs: 80 }, "e")], "v").node.region).to.equal("asia");
  });

  it("is the own for a call that stays, unless nobody there takes it", () => {
    const staying = (own: readonly Candidate[]) => chooseNode([...eu, ...own], { region: "us", key: "v", stays: true }, noChance).node.region;
    expect([staying(four({ play: 4, waiting: 99 })), staying(four({ accepting: false })), staying([])]).to.deep.equal(["us", "eu", "eu"]);
  });

  it("is the own again when all are full", () => {
    const full = { play: 4, waiting: 20 };
    expect(byKey([...four(full, { region: "eu", rttMs: 80 }, "e"), ...four(full)], "v").node.region).to.equal("us");
  });
});
