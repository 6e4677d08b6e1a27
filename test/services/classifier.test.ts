/** What a classifier's process may do, and what becomes of it: stand-ins that go wrong, and nsfwjs itself. */
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import MANIFEST from "../../deploy/classifier/package.json" with { type: "json" };
import { CLASSIFIED_SIDE, COLOUR_BYTES } from "../../media/ffmpeg/screening-arguments.ts";
import { parseScreeningPolicy, type ClassifierChoice } from "../../mixins/screening-policy/policy.ts";
import { runClassifier } from "../../services/screening/classifier/run-classifier.ts";
import type { ClassifierFrame } from "../../services/screening/classifier/classifier.contract.ts";
import { judgeScores } from "../../services/screening/judge-scores.ts";
import { openFolder, run as ffmpeg, type Folder } from "../support/cmaf-media.ts";
import { findProcesses } from "../support/lectern-process.ts";
import { findSharedMedia, makeLecture } from "../support/lectures.ts";
import { eventually } from "../support/eventually.ts";

const moduleOf = (name: string): string => fileURLToPath(new URL(`../support/classifiers/${name}.ts`, import.meta.url));
const shade = (value: number): ClassifierFrame => ({ side: 224, pixels: new Uint8Array(224 * 224 * 3).fill(value) });
const never = new AbortController().signal;
/** It runs at the lowest priority, so on a busy machine it takes as long as others let it. */
const LONG_SEC = 240;
/** As a policy that says no more has it, but for the time. */
const choose = (name: string): ClassifierChoice => ({ ...(parseScreeningPolicy(`classifier: { name: ${name} }`).classifier ?? expect.fail()), timeoutSec: LONG_SEC });

for (const [name, choice] of [["a fake", choose(moduleOf("calm"))], ["nsfwjs", choose("nsfwjs")]] as const) {
  describe(`a classifier: ${name}`, function () {
    this.timeout(3 * LONG_SEC * 1_000);
    const run = (frames: readonly ClassifierFrame[]) => runClassifier(choice, frames, never);

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

describe("nsfwjs", function () {
  this.timeout(2 * LONG_SEC * 1_000);
  let folder: Folder;
  before(async () => { folder = await openFolder(); });
  after(() => folder.remove());
  afterEach(() => eventually(() => findProcesses("classifier-process.ts").length === 0));

  /** Twelve key frames, as many as a screening has classified. */
  async function lectureFrames(): Promise<ClassifierFrame[]> {
    const path = findSharedMedia("lecture-en.mp4") ?? (await makeLecture(folder.path("lecture.mp4"), { seconds: 24 }));
    const { stdout } = await ffmpeg("ffmpeg", ["-skip_frame", "nokey", "-i", path, "-frames:v", "12", "-vf", `scale=${CLASSIFIED_SIDE}:${CLASSIFIED_SIDE}:flags=area,format=rgb24`, "-fps_mode", "passthrough", "-f", "rawvideo", "-"]);
    return Array.from({ length: stdout.length / COLOUR_BYTES }, (_, n) => ({ side: CLASSIFIED_SIDE, pixels: stdout.subarray(n * COLOUR_BYTES, (n + 1) * COLOUR_BYTES) }));
  }

  it("finds nothing in a lecture's frames by the usual thresholds, within the usual memory", async () => {
    const frames = await lectureFrames();
    const result = await runClassifier(choose("nsfwjs"), frames, never);
    if (result.outcome !== "classified") throw new Error(result.message);
    expect([result.name, result.version, result.scores.length]).to.deep.equal(["nsfwjs MobileNetV2", MANIFEST.dependencies.nsfwjs, 12]);
    for (const scores of result.scores) expect(scores).to.have.all.keys("Drawing", "Hentai", "Neutral", "Porn", "Sexy");
    const thresholds = parseScreeningPolicy("").of("default").scores;
    expect(judgeScores(result.scores.map((scores, at) => ({ at, scores })), thresholds).findings).to.deep.equal([]);
  });

  it("is held to its bounds like any other", async () => {
    const frames = await lectureFrames();
    expect(await runClassifier({ ...choose("nsfwjs"), memoryMb: 128 }, frames, never)).to.deep.equal({ outcome: "failed", message: "The classifier took more than 128 MiB of memory." });
    expect(await runClassifier({ ...choose("nsfwjs"), timeoutSec: 0.1 }, frames, never)).to.deep.equal({ outcome: "failed", message: "The classifier did not end within 0.1 s." });
  });

  it("is told of where its packages are not", async () => {
    const result = await runClassifier({ ...choose("nsfwjs"), folder: folder.path("nowhere") }, [shade(1)], never);
    expect(result.outcome === "failed" && result.message).to.match(/^The classifier failed: Cannot find module 'nsfwjs/);
  });
});

describe("a classifier that goes wrong", function () {
  this.timeout(LONG_SEC * 1_000);
  const run = async (name: string, bounds: { memoryMb?: number; timeoutSec?: number } = {}, signal = never): Promise<string> => {
    const result = await runClassifier({ name: moduleOf(name), memoryMb: 256, timeoutSec: LONG_SEC, ...bounds }, [shade(1)], signal);
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
