import { expect } from "chai";
import { planOf } from "../../../../media/plan-video.ts";
import { planRuns } from "../../../../services/transcoder/encode-runs.ts";
import { makeFacts } from "../../../support/sample-facts.ts";

const show = (runs: ReturnType<typeof planRuns>): string[] => runs.map(({ renditions, first, last }) => `${renditions.join("+")} ${first}–${last}`);

describe("runs of a chunk", () => {
  const plan = planOf(makeFacts({ video: { end: 12_800 * 40, keyFrames: Array.from({ length: 20 }, (_, i) => i * 25_600) } }));

  it("are one where everything is missing, none where nothing is", () => {
    expect(show(planRuns(plan, ["360p", "720p"], 2, 6, () => true))).to.deep.equal(["360p+720p 2–6"]);
    expect(planRuns(plan, ["360p", "720p"], 2, 6, () => false)).to.deep.equal([]);
  });

  it("break where not the same is missing", () => {
    const stored = new Set(["360p/3", "720p/5", "360p/5"]);
    expect(show(planRuns(plan, ["360p", "720p"], 2, 6, (rendition, segment) => !stored.has(`${rendition}/${segment}`)))).to.deep.equal(["360p+720p 2–2", "720p 3–3", "360p+720p 4–4", "360p+720p 6–6"]);
  });

  it("break where a frame still stands", () => {
    const facts = { ...plan.facts, video: { ...plan.facts.video, keyFrames: [0, 12_800 * 4], splitFrames: [] } };
    const still = { ...plan, facts, cut: "source" as const, boundaries: [0, 4, 8, 12].map((second) => second * 12_800) };
    expect(show(planRuns(still, ["360p"], 0, 2, () => true))).to.deep.equal(["360p 0–1", "360p 2–2"]);
    expect(show(planRuns({ ...still, cut: "grid" }, ["360p"], 0, 2, () => true))).to.deep.equal(["360p 0–2"]);
  });
});
