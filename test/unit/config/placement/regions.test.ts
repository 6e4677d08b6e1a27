import { expect } from "chai";
import { byRegion } from "../../../../config/placement/regions.ts";

const node = (id: string, region: string | undefined, rttMs?: number) => ({ id, region, rttMs });
const order = (nodes: readonly ReturnType<typeof node>[], own: string): string[] => byRegion(nodes, own).map((members) => members.map(({ id }) => id).join("+"));

describe("regions", () => {
  it("come own first, then by the round trip to the node that answers fastest, then those nobody has measured", () => {
    const nodes = [node("a1", "asia", 160), node("x", "moon"), node("e1", "eu", 900), node("u1", "us", 400), node("e2", "eu", 80)];
    expect(order(nodes, "us")).to.deep.equal(["u1", "e1+e2", "a1", "x"]);
    expect(order(nodes, "eu")).to.deep.equal(["e1+e2", "a1", "u1", "x"]);
  });

  it("keep their order while round trips differ by less than twice", () => {
    for (const [asia, eu] of [[33, 60], [60, 33]] as const) expect(order([node("e", "eu", eu), node("a", "asia", asia)], "us")).to.deep.equal(["a", "e"]);
    expect(order([node("e", "eu", 33), node("a", "asia", 70)], "us")).to.deep.equal(["e", "a"]);
    for (const [asia, eu] of [[0, 7], [7, 0], [3, 3]] as const) expect(order([node("e", "eu", eu), node("a", "asia", asia)], "us")).to.deep.equal(["a", "e"]);
  });

  it("leave nodes for last that do not say where they are", () => {
    expect(order([node("lost", undefined, 1), node("a", "asia", 300)], "us")).to.deep.equal(["a", "lost"]);
  });

  it("are none without nodes", () => expect(byRegion([], "us")).to.deep.equal([]));
});
