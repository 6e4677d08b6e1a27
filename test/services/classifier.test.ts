/** What a classifier's process may do, and what becomes of it. nsfwjs is tried where its packages are. */
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { runClassifier } from "../../services/screening/classifier/run-classifier.ts";
import type { ClassifierFrame } from "../../services/screening/classifier/classifier.contract.ts";
import { findProcesses } from "../support/lectern-process.ts";
import { eventually } from "../support/eventually.ts";

const moduleOf = (name: string): string => fileURLToPath(new URL(`../support/classifiers/${name}.ts`, import.meta.url));
const shade = (value: number): ClassifierFrame => ({ side: 224, pixels: new Uint8Array(224 * 224 * 3).fill(value) });
const never = new AbortController().signal;
const NSFWJS = process.env["LECTERN_TEST_CLASSIFIER"];

const good: [name: string, choice: { name: string; folder?: string }][] = [["a fake", { name: moduleOf("calm") }], ...(NSFWJS === undefined ? [] : [["nsfwjs", { name: "nsfwjs", folder: NSFWJS }] as [string, { name: string; folder: string }]])];

for (const [name, choice] of good) {
  describe(`a classifier: ${name}`, function () {
    this.timeout(60_000);
    const run = (frames: readonly ClassifierFrame[]) => runClassifier({ ...choice, memoryMb: 512, timeoutSec: 50 }, frames, never);

    it("scores each frame, in order, the same every time", async () => {
      const [first, again, alone] = [await run([shade(0), shade(255), shade(90)]), await run([shade(0), shade(255), shade(90)]), await run([shade(255)])];
      if (first.outcome !== "classified" || alone.outcome !== "classified") throw new Error(JSON.stringify([first, alone]));
      expect(again).to.deep.equal(first);
      expect(first.scores).to.have.lengthOf(3);
      expect(first.scores[1]).to.deep.equal(alone.scores[0]);
      for (const scores of first.scores) {
        expect(Object.keys(scores)).to.include("Porn");
        expect(Object.values(scores).reduce((sum, score) => sum + score, 0)).to.be.closeTo(1, 0.01);
      }
      expect(first.name).to.not.equal("");
      expect(first.version).to.match(/^\d/);
    });
  });
}

describe("a classifier that goes wrong", function () {
  this.timeout(30_000);
  const run = async (name: string, bounds: { memoryMb?: number; timeoutSec?: number } = {}, signal = never): Promise<string> => {
    const result = await runClassifier({ name: moduleOf(name), memoryMb: 256, timeoutSec: 20, ...bounds }, [shade(1)], signal);
    return result.outcome === "failed" ? result.message : "classified";
  };
  afterEach(() => eventually(() => findProcesses("classifier-process.ts").length === 0));

  it("is ended when it hangs", async () => expect(await run("hanging", { timeoutSec: 2 })).to.equal("The classifier did not end within 2 s."));
  it("is ended when it takes too much memory, wherever that is", async () => expect(await run("hungry")).to.equal("The classifier took more than 256 MiB of memory."));
  it("is told of when it crashes", async () => expect(await run("crashing")).to.equal("The classifier ended early (SIGABRT)."));
  it("is not believed when it answers no scores", async () => expect(await run("lying")).to.equal("The classifier answered something else than scores."));
  it("is told of when there is none", async () => expect(await run("nowhere")).to.match(/^The classifier failed: Cannot find module/));
  it("is ended when nobody wants its answer any more", async () => expect(await run("hanging", {}, AbortSignal.timeout(500))).to.equal("The screening was stopped."));
  it("has nothing to say of no frames", async () => expect(await runClassifier({ name: moduleOf("calm"), memoryMb: 256, timeoutSec: 5 }, [], never)).to.deep.equal({ outcome: "failed", message: "There is no frame to classify." }));
});
