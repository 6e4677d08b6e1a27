import { expect } from "chai";
import { findRendition, planOf, segmentCount } from "../../../media/plan-video.ts";
import { plannedSegments } from "../../../media/policy.ts";
import { inOrderOfStart } from "../../../media/start-order.ts";
import type { Plan, Rendition } from "../../../media/plan.ts";
import { makeFacts, probedFacts } from "../../support/sample-facts.ts";

const named = (plan: Plan, name: string): Rendition => {
  const rendition = findRendition(plan, name);
  if (rendition === undefined) throw new Error(`no rendition ${name}`);
  return rendition;
};

describe("plan", () => {
  it("has the cut, the ladder and the sound of its facts", () => {
    const facts = makeFacts();
    const plan = planOf(facts);
    expect(plan).to.include({ version: 2, cut: "source", timescale: 12_800 });
    expect(plan.facts).to.equal(facts);
    expect(plan.boundaries).to.deep.equal([0, 25_600, 51_200, 102_400, 128_000]);
    expect(plan.video.map((r) => r.name)).to.deep.equal(["source", "720p", "360p"]);
    expect(plan.audio[0]?.mode).to.equal("repackage");
    expect(segmentCount(plan)).to.equal(4);
  });

  it("finds renditions by name, the sound too", () => {
    const plan = planOf(makeFacts());
    expect(findRendition(plan, "360p")?.kind).to.equal("video");
    expect(findRendition(plan, "audio")?.kind).to.equal("audio");
    expect(findRendition(plan, "1080p")).to.equal(undefined);
    expect(planOf(makeFacts({ audio: null })).audio).to.deep.equal([]);
  });

  it("survives being stored: it is plain JSON", () => {
    for (const facts of [makeFacts(), probedFacts({ audio: null })]) {
      const plan = planOf(facts);
      expect(JSON.parse(JSON.stringify(plan))).to.deep.equal(plan);
    }
  });

  it("encodes 60 frames a second at most; a source that is served as it is keeps its own rate", () => {
    const fast = { frameRate: { num: 120, den: 1 } };
    expect(planOf(probedFacts({ video: fast })).video.map((r) => r.frameRate.num)).to.deep.equal([60, 60, 60]);
    expect(planOf(makeFacts({ video: fast })).video.map((r) => r.frameRate.num)).to.deep.equal([120, 60, 60]);
  });
});

describe("policy", () => {
  /** Ten minutes: 2, 2, then 4 s. */
  const long = planOf(makeFacts({ video: { end: 12_800 * 600, keyFrames: Array.from({ length: 300 }, (_, i) => i * 25_600) } }));
  const count = (policy: "lazy" | "hybrid" | "eager", name: string): number => plannedSegments(long, named(long, name), policy);

  it("lazy makes nothing unasked, eager everything", () => {
    expect(segmentCount(long)).to.equal(151);
    for (const name of ["source", "720p", "360p", "audio"]) expect([count("lazy", name), count("eager", name)], name).to.deep.equal([0, 151]);
  });

  it("hybrid makes whole what costs nothing and the lowest rung, and the opening two minutes of the others", () => {
    expect(count("hybrid", "source")).to.equal(151);
    expect(count("hybrid", "audio")).to.equal(151);
    expect(count("hybrid", "360p")).to.equal(151);
    expect(count("hybrid", "720p")).to.equal(31); // 2 + 2 + 29 × 4 = 120 s
  });

  it("hybrid makes all of a short video", () => {
    const short = planOf(makeFacts());
    expect(plannedSegments(short, named(short, "720p"), "hybrid")).to.equal(segmentCount(short));
  });
});

describe("order of start", () => {
  const order = (plan: Plan): string[] => inOrderOfStart(plan).map((r) => r.name);

  it("begins with a moderate source, else with the lightest encode", () => {
    expect(order(planOf(makeFacts()))).to.deep.equal(["source", "360p", "720p"]);
    expect(order(planOf(makeFacts({ video: { bitrate: 8_000_000 } })))).to.deep.equal(["360p", "720p", "source"]);
    expect(order(planOf(makeFacts({ video: { bitrate: 8_000_000, width: 320, height: 180, displayWidth: 320, displayHeight: 180 } })))).to.deep.equal(["source"]);
  });

  it("leaves the plan as it was", () => {
    const plan = planOf(makeFacts());
    inOrderOfStart(plan);
    expect(plan.video.map((r) => r.name)).to.deep.equal(["source", "720p", "360p"]);
  });
});
