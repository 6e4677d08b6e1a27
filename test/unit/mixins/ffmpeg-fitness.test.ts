import { expect } from "chai";
import { ifFit, openFitness } from "../../../mixins/ffmpeg-fitness.ts";
import { eventually } from "../../support/eventually.ts";
import { rejection } from "../../support/rejection.ts";

describe("fitness of FFmpeg", () => {
  const never = new AbortController().signal;
  /** A trial that finds `faults` one after the other, and then the last one for ever. */
  function staged(...faults: (string | undefined)[]) {
    let trials = 0;
    const fitness = openFitness(async () => faults[Math.min(trials++, faults.length - 1)], { goodForMs: 60_000, againMs: 1 });
    const told: (string | undefined)[] = [];
    fitness.onChange((fault) => told.push(fault));
    return { fitness, told, trials: () => trials };
  }

  it("tries once for many who suspect it, and believes what is good for a while", async () => {
    const { fitness, trials, told } = staged(undefined);
    await Promise.all([fitness.examine(), fitness.examine()]);
    expect([await fitness.examine(), trials(), told]).to.deep.equal([undefined, 1, []]);
  });

  it("tries by itself until it works again, and tells only what changes", async () => {
    const { fitness, told } = staged("it hangs", "it hangs", undefined);
    expect(await fitness.examine()).to.equal("it hangs");
    await eventually(() => fitness.fault() === undefined);
    expect(told).to.deep.equal(["it hangs", undefined]);
  });

  it("takes a trial that breaks for a fault", async () => {
    const fitness = openFitness(async () => { throw new Error("no such file"); });
    expect(await fitness.examine()).to.contain("no such file");
  });

  it("lets a failure be the input's where FFmpeg works", async () => {
    const { fitness } = staged(undefined);
    expect(await ifFit(fitness, never, async () => "failed", (result) => result === "failed")).to.equal("failed");
  });

  it("makes a failure the node's where it does not, and begins nothing any more", async () => {
    const { fitness } = staged("it crashes");
    expect(await rejection(ifFit(fitness, never, async () => "failed", (result) => result === "failed"), "unfit")).to.include({ type: "not_ready", code: 503 });
    let began = false;
    expect(await rejection(ifFit(fitness, never, async () => { began = true; }, () => false), "unfit")).to.include({ type: "not_ready" });
    expect(began).to.equal(false);
  });

  it("does not examine what its caller has aborted", async () => {
    const { fitness, trials } = staged("it crashes");
    const outer = new AbortController();
    outer.abort();
    expect(await ifFit(fitness, outer.signal, async () => "failed", () => true)).to.equal("failed");
    expect(trials()).to.equal(0);
  });
});
