import { expect } from "chai";
import * as fc from "fast-check";
import { findRendition, planOf, renditionsOf, segmentCount } from "../../../../media/plan-video.ts";
import { plannedSegments } from "../../../../media/policy.ts";
import type { Plan, Rendition } from "../../../../media/plan.ts";
import { laneOf, planChunks, planReadAhead } from "../../../../services/scheduler/chunks.ts";
import { makeFacts, probedFacts } from "../../../support/sample-facts.ts";

const keyed = (seconds: number): Plan => planOf(makeFacts({ video: { end: 12_800 * seconds, keyFrames: Array.from({ length: seconds / 2 }, (_, i) => i * 25_600) } }));
const named = (plan: Plan, name: string): Rendition => {
  const rendition = findRendition(plan, name);
  if (rendition === undefined) throw new Error(`no rendition ${name}`);
  return rendition;
};
const nothing = (): boolean => false;

describe("chunks of a video", () => {
  it("are runs of five segments to encode, of all their renditions, and of forty to repackage", () => {
    const jobs = planChunks("v", keyed(40), "eager", "normal", nothing);
    expect(jobs.map(({ id, chunk }) => `${id}: ${chunk.first}–${chunk.last}`)).to.deep.equal([
      "v-audio-0: 0–10", "v-source-0: 0–10", "v-picture-0: 0–4", "v-picture-5: 5–9", "v-picture-10: 10–10",
    ]);
    expect(jobs[2]).to.deep.equal({ id: "v-picture-0", chunk: { videoId: "v", renditions: ["360p", "720p"], first: 0, last: 4, lane: "normal" }, priority: 1_000_002 });
  });

  it("are only those that the policy wants", () => {
    expect(planChunks("v", keyed(600), "lazy", "normal", nothing)).to.be.empty;
    const hybrid = planChunks("v", keyed(600), "hybrid", "normal", nothing);
    const last = (name: string): number | undefined => hybrid.filter(({ chunk }) => chunk.renditions.includes(name)).at(-1)?.chunk.last;
    expect([last("source"), last("audio"), last("360p"), last("720p")]).to.deep.equal([150, 150, 150, 30]);
    expect(hybrid.filter(({ id, chunk }) => id.includes("picture") && chunk.first >= 25).slice(0, 3).map(({ chunk }) => `${chunk.renditions.join("+")} ${chunk.first}–${chunk.last}`))
      .to.deep.equal(["360p+720p 25–29", "360p+720p 30–30", "360p 31–35"]);
  });

  it("are only those in which something is missing", () => {
    const stored = new Set(["source", "audio"].flatMap((name) => Array.from({ length: 11 }, (_, n) => `${name}/${n}`)));
    for (let n = 0; n < 5; n++) stored.add(`360p/${n}`);
    for (let n = 5; n < 9; n++) stored.add(`360p/${n}`);
    const jobs = planChunks("v", keyed(40), "eager", "normal", (rendition, segment) => stored.has(`${rendition}/${segment}`));
    expect(jobs.map(({ id, chunk }) => `${id} ${chunk.renditions.join("+")}`)).to.deep.equal(["v-picture-0 720p", "v-picture-5 360p+720p", "v-picture-10 360p+720p"]);
  });

  it("come by time, then by what is cheap; high before normal", () => {
    const order = (priority: "high" | "normal"): string[] => planChunks("v", keyed(40), "eager", priority, nothing).toSorted((a, b) => a.priority - b.priority).map((job) => job.id);
    expect(order("normal")).to.deep.equal(["v-audio-0", "v-source-0", "v-picture-0", "v-picture-5", "v-picture-10"]);
    const [high, normal] = (["high", "normal"] as const).map((priority) => planChunks("v", keyed(600), "eager", priority, nothing).map((job) => job.priority));
    expect(Math.max(...(high ?? []))).to.be.lessThan(Math.min(...(normal ?? [])));
  });

  it("of low priority wait in their own lane", () => {
    expect([laneOf("high"), laneOf("normal"), laneOf("low")]).to.deep.equal(["normal", "normal", "bulk"]);
    expect(planChunks("v", keyed(40), "eager", "low", nothing).every(({ chunk }) => chunk.lane === "bulk")).to.equal(true);
  });

  it("cover what is wanted exactly once, with ids of their own and priorities that the queue takes", () => {
    const policies = fc.constantFrom("hybrid", "eager", "lazy") as fc.Arbitrary<"hybrid" | "eager" | "lazy">;
    const priorities = fc.constantFrom("high", "normal", "low") as fc.Arbitrary<"high" | "normal" | "low">;
    fc.assert(fc.property(fc.integer({ min: 1, max: 40_000 }), policies, priorities, (seconds, policy, priority) => {
      const plan = planOf(probedFacts({ video: { end: 126_000 + 90_000 * seconds } }));
      const jobs = planChunks("v", plan, policy, priority, nothing);
      expect(new Set(jobs.map((job) => job.id)).size).to.equal(jobs.length);
      // BullMQ: 1 (first) to 2^21; an id must not hold a colon.
      expect(jobs.every((job) => Number.isInteger(job.priority) && job.priority >= 1 && job.priority <= 2 ** 21 && !job.id.includes(":"))).to.equal(true);
      for (const rendition of renditionsOf(plan)) {
        const segments = jobs.filter(({ chunk }) => chunk.renditions.includes(rendition.name)).flatMap(({ chunk }) => Array.from({ length: chunk.last - chunk.first + 1 }, (_, i) => chunk.first + i));
        expect(segments).to.deep.equal(Array.from({ length: plannedSegments(plan, rendition, policy) }, (_, n) => n));
      }
    }), { numRuns: 20 });
  });
});

describe("reading ahead of a viewer", () => {
  const plan = keyed(40);
  const encode = named(plan, "360p");

  it("makes the four next segments on the play lane", () => {
    expect(planReadAhead("v", plan, encode, 2, nothing)).to.deep.equal({ id: "v-360p-ahead-3", chunk: { videoId: "v", renditions: ["360p"], first: 3, last: 6, lane: "play" }, priority: 1 });
  });

  it("begins with the first that is missing, and is nothing when none is", () => {
    expect(planReadAhead("v", plan, encode, 2, (n) => n < 5)?.chunk).to.include({ first: 5, last: 6 });
    expect(planReadAhead("v", plan, encode, 2, () => true)).to.equal(undefined);
  });

  it("ends with the video", () => {
    const count = segmentCount(plan);
    expect(planReadAhead("v", plan, encode, count - 3, nothing)?.chunk).to.include({ first: count - 2, last: count - 1 });
    expect(planReadAhead("v", plan, encode, count - 1, nothing)).to.equal(undefined);
  });

  it("is nothing for what is repackaged in no time", () => {
    expect(planReadAhead("v", plan, named(plan, "source"), 2, nothing)).to.equal(undefined);
  });
});
