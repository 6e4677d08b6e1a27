import { expect } from "chai";
import * as fc from "fast-check";
import { findRendition, planOf, renditionsOf, segmentCount } from "../../../../media/plan-video.ts";
import { plannedSegments, type Policy } from "../../../../media/policy.ts";
import type { Plan, Rendition } from "../../../../media/plan.ts";
import { chunksAhead, laneOf, planChunks, planReadAhead, type ChunkOrder } from "../../../../services/scheduler/chunks.ts";
import type { Priority } from "../../../../services/videos/videos.contract.ts";
import { makeFacts, probedFacts } from "../../../support/sample-facts.ts";

const keyed = (seconds: number): Plan => planOf(makeFacts({ video: { end: 12_800 * seconds, keyFrames: Array.from({ length: seconds / 2 }, (_, i) => i * 25_600) } }));
const named = (plan: Plan, name: string): Rendition => {
  const rendition = findRendition(plan, name);
  if (rendition === undefined) throw new Error(`no rendition ${name}`);
  return rendition;
};
const nothing = (): boolean => false;
const V = { id: "v", tenant: "school" };
const order = (policy: Policy, priority: Priority): ChunkOrder => ({ ...V, policy, priority });

describe("chunks of a video", () => {
  it("are runs of five segments to encode, of all their renditions, and of forty to repackage", () => {
    const jobs = planChunks(order("eager", "normal"), keyed(40), nothing);
    expect(jobs.map(({ id, data }) => `${id}: ${data.first}–${data.last}`)).to.deep.equal([
      "v-audio-0: 0–10", "v-source-0: 0–10", "v-picture-0: 0–4", "v-picture-5: 5–9", "v-picture-10: 10–10",
    ]);
    const { cost, ...picture } = jobs[2] ?? { cost: 0 };
    expect(picture).to.deep.equal({
      id: "v-picture-0", group: "v", tenant: "school", lane: "normal", priority: 1_000_002, data: { videoId: "v", renditions: ["360p", "720p"], first: 0, last: 4, lane: "normal" },
    });
    expect(cost).to.be.within(5, 500);
    expect(jobs[1]?.cost).to.be.lessThan(2);
  });

  it("are only those that the policy wants", () => {
    expect(planChunks(order("lazy", "normal"), keyed(600), nothing)).to.be.empty;
    const hybrid = planChunks(order("hybrid", "normal"), keyed(600), nothing);
    const last = (name: string): number | undefined => hybrid.filter(({ data }) => data.renditions.includes(name)).at(-1)?.data.last;
    expect([last("source"), last("audio"), last("360p"), last("720p")]).to.deep.equal([150, 150, 150, 30]);
    expect(hybrid.filter(({ id, data }) => id.includes("picture") && data.first >= 25).slice(0, 3).map(({ data }) => `${data.renditions.join("+")} ${data.first}–${data.last}`))
      .to.deep.equal(["360p+720p 25–29", "360p+720p 30–30", "360p 31–35"]);
  });

  it("are only those in which something is missing", () => {
    const stored = new Set(["source", "audio"].flatMap((name) => Array.from({ length: 11 }, (_, n) => `${name}/${n}`)));
    for (let n = 0; n < 5; n++) stored.add(`360p/${n}`);
    for (let n = 5; n < 9; n++) stored.add(`360p/${n}`);
    const jobs = planChunks(order("eager", "normal"), keyed(40), (rendition, segment) => stored.has(`${rendition}/${segment}`));
    expect(jobs.map(({ id, data }) => `${id} ${data.renditions.join("+")}`)).to.deep.equal(["v-picture-0 720p", "v-picture-5 360p+720p", "v-picture-10 360p+720p"]);
  });

  it("come by time, then by what is cheap; high before normal", () => {
    const idsOf = (priority: "high" | "normal"): string[] => planChunks(order("eager", priority), keyed(40), nothing).toSorted((a, b) => a.priority - b.priority).map((job) => job.id);
    expect(idsOf("normal")).to.deep.equal(["v-audio-0", "v-source-0", "v-picture-0", "v-picture-5", "v-picture-10"]);
    const [high, normal] = (["high", "normal"] as const).map((priority) => planChunks(order("eager", priority), keyed(600), nothing).map((job) => job.priority));
    expect(Math.max(...(high ?? []))).to.be.lessThan(Math.min(...(normal ?? [])));
  });

  it("of low priority wait in their own lane", () => {
    expect([laneOf("high"), laneOf("normal"), laneOf("low")]).to.deep.equal(["normal", "normal", "bulk"]);
    expect(planChunks(order("eager", "low"), keyed(40), nothing).every(({ data }) => data.lane === "bulk")).to.equal(true);
  });

  it("cover what is wanted exactly once, with ids of their own and priorities that the queue takes", () => {
    const policies = fc.constantFrom("hybrid", "eager", "lazy") as fc.Arbitrary<"hybrid" | "eager" | "lazy">;
    const priorities = fc.constantFrom("high", "normal", "low") as fc.Arbitrary<"high" | "normal" | "low">;
    fc.assert(fc.property(fc.integer({ min: 1, max: 40_000 }), policies, priorities, (seconds, policy, priority) => {
      const plan = planOf(probedFacts({ video: { end: 126_000 + 90_000 * seconds } }));
      const jobs = planChunks(order(policy, priority), plan, nothing);
      expect(new Set(jobs.map((job) => job.id)).size).to.equal(jobs.length);
      expect(jobs.every((job) => Number.isInteger(job.priority) && job.priority >= 1 && job.priority < 2 ** 21 && job.cost > 0)).to.equal(true);
      for (const rendition of renditionsOf(plan)) {
        const segments = jobs.filter(({ data }) => data.renditions.includes(rendition.name)).flatMap(({ data }) => Array.from({ length: data.last - data.first + 1 }, (_, i) => data.first + i));
        expect(segments).to.deep.equal(Array.from({ length: plannedSegments(plan, rendition, policy) }, (_, n) => n));
      }
    }), { numRuns: 20 });
  });
});

describe("reading ahead of a viewer", () => {
  const plan = keyed(40);
  const encode = named(plan, "360p");

  it("makes the six next segments in one run on the play lane", () => {
    expect(planReadAhead(V, plan, encode, 2, nothing)).to.deep.include({
      id: "v-360p-ahead-3", group: "v", tenant: "school", lane: "play", priority: 1, lateMs: 20_000, aside: true, data: { videoId: "v", renditions: ["360p"], first: 3, last: 8, lane: "play" },
    });
  });

  it("begins with the first that is missing, and is nothing while three are there", () => {
    expect(planReadAhead(V, plan, encode, 2, (n) => n < 5)?.data).to.include({ first: 5, last: 8 });
    expect(planReadAhead(V, plan, encode, 2, (n) => n < 6)).to.equal(undefined);
    expect(planReadAhead(V, plan, encode, 2, () => true)).to.equal(undefined);
  });

  it("ends with the video", () => {
    const count = segmentCount(plan);
    expect(planReadAhead(V, plan, encode, count - 3, nothing)?.data).to.include({ first: count - 2, last: count - 1 });
    expect(planReadAhead(V, plan, encode, count - 1, nothing)).to.equal(undefined);
  });

  it("puts forward what waits for all and comes after these", () => {
    const ids = planChunks(order("eager", "normal"), plan, nothing).map(({ id }) => id);
    expect(chunksAhead("v", plan, 1)).to.deep.equal(["v-audio-0", "v-source-0", "v-picture-5"]);
    expect(ids).to.include.members(chunksAhead("v", plan, 1));
    expect(chunksAhead("v", plan, segmentCount(plan) - 2)).to.deep.equal([]);
  });

  it("is nothing for what is repackaged in no time", () => {
    expect(planReadAhead(V, plan, named(plan, "source"), 2, nothing)).to.equal(undefined);
  });
});
