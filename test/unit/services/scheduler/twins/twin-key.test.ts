import { expect } from "chai";
import type { Plan } from "../../../../../media/plan.ts";
import { planOf } from "../../../../../media/plan-video.ts";
import { twinKey as keyOf } from "../../../../../services/scheduler/twins/twin-key.ts";
import { stagedFacts, stagedPlan } from "../../../../support/staged-plan.ts";

const twinKey = (plan: Plan): string => keyOf(plan, "a");

describe("key of twins", () => {
  it("is one for equal plans, also for one that has been stored", () => {
    expect(twinKey(stagedPlan(20))).to.match(/^[0-9a-f]{64}$/).and.equal(twinKey(stagedPlan(20)));
    const { hdr, ...video } = stagedFacts(20).video;
    const plan = { ...stagedPlan(20), facts: { ...stagedFacts(20), video: { ...video, bitrate: 1.1, hdr, ...({ codecString: undefined } as object) } } };
    expect(twinKey(JSON.parse(JSON.stringify(plan)))).to.equal(twinKey(plan));
  });

  it("is another for another tenant", () => {
    expect(keyOf(stagedPlan(20), "b")).to.not.equal(keyOf(stagedPlan(20), "a"));
  });

  it("is another where the size, the index or the renditions are", () => {
    const facts = stagedFacts(20);
    const plans = [
      stagedPlan(20), stagedPlan(22), planOf({ ...facts, size: facts.size + 1 }), planOf(facts, ["h264", "hevc"]),
      planOf({ ...facts, video: { ...facts.video, gopBytes: facts.video.keyFrames.map(() => 1) } }), planOf({ ...facts, audio: [] }),
    ];
    expect(new Set(plans.map(twinKey)).size).to.equal(plans.length);
  });
});
