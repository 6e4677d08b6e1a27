import { expect } from "chai";
import { chooseIdentity, type Candidate } from "../../../../../services/source/egress/choose-identity.ts";
import type { Rotation } from "../../../../../services/source/access/policy-schema.ts";

interface Named extends Candidate { name: string }
const way = (name: string, changes: Partial<Candidate> & { region?: string } = {}): Named => ({ name, entry: changes.region === undefined ? {} : { region: changes.region }, restsUntil: 0, active: 0, requests: 0, ...changes });

describe("the way out of a source", () => {
  const choose = (ways: readonly Named[], rotation: Rotation, changes: { turn?: number; avoid?: Named } = {}): string | undefined => chooseIdentity(ways, rotation, { turn: 0, region: "eu", now: 100, ...changes })?.name;
  const [a, b, c] = [way("a"), way("b"), way("c")];

  it("is each in its turn", () => {
    expect([0, 1, 2, 3].map((turn) => choose([a, b, c], "round-robin", { turn }))).to.deep.equal(["a", "b", "c", "a"]);
  });

  it("is the least used, now and before", () => {
    expect(choose([way("a", { active: 2 }), way("b", { active: 1, requests: 9 }), way("c", { active: 1, requests: 3 })], "least-used")).to.equal("c");
  });

  it("is the nearest there is, or any", () => {
    expect(choose([way("a", { region: "us" }), way("b", { region: "eu", requests: 5 }), way("c", { region: "eu" })], "nearest")).to.equal("c");
    expect(choose([way("a", { region: "us", requests: 1 }), way("b", { region: "asia" })], "nearest")).to.equal("b");
  });

  it("is none that rests, nor the one that has just failed, as long as there is another", () => {
    for (const rotation of ["round-robin", "least-used", "nearest"] as const) {
      expect(choose([way("a", { restsUntil: 101 }), b, c], rotation, { avoid: b }), rotation).to.equal("c");
      expect(choose([b], rotation, { avoid: b }), rotation).to.equal("b");
      expect(choose([way("a", { restsUntil: 300 }), way("b", { restsUntil: 200 })], rotation), rotation).to.equal("b");
      expect(choose([], rotation), rotation).to.equal(undefined);
    }
  });
});
