import { expect } from "chai";
import * as fc from "fast-check";
import { rendezvousScore } from "../../../../config/placement/rendezvous.ts";

interface Weighted { id: string; weight: number }

const winner = (key: string, nodes: readonly Weighted[]): string | undefined =>
  nodes.toSorted((a, b) => rendezvousScore(key, b.id, b.weight) - rendezvousScore(key, a.id, a.weight))[0]?.id;
const keys = Array.from({ length: 4_000 }, (_, n) => `01j${n.toString(36)}`);
const someNodes = fc.uniqueArray(fc.record({ id: fc.string({ minLength: 1 }), weight: fc.double({ min: 0.5, max: 64, noNaN: true }) }), { minLength: 2, maxLength: 20, selector: ({ id }) => id });

describe("rendezvous hashing", () => {
  it("gives every key the same node, in whatever order the nodes are listed", () => {
    fc.assert(fc.property(fc.string(), someNodes, fc.nat(), (key, nodes, turn) => {
      const turned = [...nodes.slice(turn % nodes.length), ...nodes.slice(0, turn % nodes.length)];
      expect(winner(key, turned)).to.equal(winner(key, nodes));
    }));
  });

  it("moves only the keys of a node that leaves", () => {
    fc.assert(fc.property(fc.string(), someNodes, fc.nat(), (key, nodes, which) => {
      const leaves = nodes[which % nodes.length]?.id;
      const before = winner(key, nodes);
      const after = winner(key, nodes.filter(({ id }) => id !== leaves));
      if (before !== leaves) expect(after).to.equal(before);
      else expect(after).to.not.equal(leaves);
    }));
  });

  it("gives a node no key less when it gets heavier", () => {
    fc.assert(fc.property(fc.string(), someNodes, (key, nodes) => {
      const [first, ...others] = nodes;
      if (first !== undefined && winner(key, nodes) === first.id) expect(winner(key, [{ ...first, weight: first.weight * 2 }, ...others])).to.equal(first.id);
    }));
  });

  it("shares keys out by weight", () => {
    const nodes = [1, 2, 4, 8, 2, 3].map((weight, n) => ({ id: `host-${n}`, weight }));
    const counts = Map.groupBy(keys, (key) => winner(key, nodes));
    for (const { id, weight } of nodes) expect((counts.get(id)?.length ?? 0) / keys.length, id).to.be.closeTo(weight / 20, 0.025);
  });

  it("spreads the keys of a node that left over all the others", () => {
    const nodes = Array.from({ length: 6 }, (_, n) => ({ id: `host-${n}`, weight: 1 }));
    const orphans = keys.filter((key) => winner(key, nodes) === "host-0");
    const counts = Map.groupBy(orphans, (key) => winner(key, nodes.slice(1)));
    for (const { id } of nodes.slice(1)) expect((counts.get(id)?.length ?? 0) / orphans.length, id).to.be.closeTo(0.2, 0.06);
  });
});
