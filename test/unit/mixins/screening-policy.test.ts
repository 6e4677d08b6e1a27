import { readFile, rename, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { FileFaults } from "../../../config/checked-file.ts";
import { parseScreeningPolicy } from "../../../mixins/screening-policy/policy.ts";
import { openScreeningPolicy } from "../../../mixins/screening-policy/policy-file.ts";
import { openFolder } from "../../support/cmaf-media.ts";
import { eventually } from "../../support/eventually.ts";
import { rejection } from "../../support/rejection.ts";

describe("the screening policy", () => {
  it("is publish-first without a classifier where nothing is said, and blocks nothing but what is listed", () => {
    const { mode, classify, outcomes, reviewers } = parseScreeningPolicy("").of("physics");
    expect({ mode, classify, reviewers }).to.deep.equal({ mode: "publish-first", classify: false, reviewers: ["operator", "admin"] });
    expect(Object.entries(outcomes).filter(([, verdict]) => verdict === "block").map(([code]) => code)).to.have.members(["listed_bytes", "listed_frames", "blocked_twin"]);
    expect(outcomes).to.include({ unscreened: "review", flashes: "review", foreign_content: "review" });
  });

  it("is each tenant's own, over what is usual", () => {
    const policy = parseScreeningPolicy("default: { outcomes: { flashes: block }, scores: { Porn: { review: 0.5, block: 0.9 } } }\ntenants:\n  physics: { mode: screen-first, outcomes: { loud: pass }, reviewers: [admin] }\n  film: { mode: off }\n");
    expect(policy.of("physics")).to.deep.include({ mode: "screen-first", reviewers: ["admin"] });
    expect(policy.of("physics").outcomes).to.include({ flashes: "block", loud: "pass" });
    expect(policy.of("physics").scores["Porn"]).to.deep.equal({ review: 0.5, block: 0.9 });
    expect(policy.of("film").mode).to.equal("off");
    expect(policy.of("arts")).to.include({ mode: "publish-first" });
  });

  it("asks a classifier only where it wants one, and names one", () => {
    const policy = parseScreeningPolicy("classifier: { name: nsfwjs, folder: /opt/nsfwjs }\ntenants: { physics: { classify: true } }");
    expect(policy.classifier).to.deep.equal({ name: "nsfwjs", folder: "/opt/nsfwjs", memoryMb: 512, timeoutSec: 60 });
    expect([policy.of("physics").classify, policy.of("arts").classify]).to.deep.equal([true, false]);
  });

  for (const [text, fault] of [
    ["default: { mode: never }", "/default/mode"], ["defaults: {}", '"defaults"'], ["tenants: { Physics: {} }", "/tenants"], ["default: { outcomes: { flash: block } }", '"flash"'],
    ["default: { scores: { Porn: { block: 2 } } }", "/default/scores/Porn/block"], ["default: { reviewers: [viewer] }", "/default/reviewers/0"], ["default: { classify: true }", "needs a classifier"],
    ["classifier: { name: a, memoryMb: 1 }", "/classifier/memoryMb"], ["lists: a.txt", "/lists"], ["a: b: c", ""],
  ] as const) {
    it(`is refused, naming where: ${text}`, () => expect(() => parseScreeningPolicy(text)).to.throw(FileFaults, fault));
  }

  it("is written as the example shows", async () => {
    const policy = parseScreeningPolicy(await readFile(new URL("../../../deploy/screening-policy.example.yaml", import.meta.url), "utf8"));
    expect(policy.of("children")).to.deep.include({ mode: "screen-first", classify: true, reviewers: ["admin"] });
    expect(policy.of("children").outcomes).to.deep.equal({ ...parseScreeningPolicy("").of("").outcomes, flashes: "block" });
    expect(policy.of("other").outcomes).to.deep.equal(parseScreeningPolicy("").of("").outcomes);
  });

  it("ends the start when it is faulty, and later changes nothing then", async () => {
    const folder = await openFolder();
    const said: string[] = [];
    const logger = { info: (line: string) => said.push(line), error: (line: string) => said.push(line) };
    const write = async (text: string): Promise<void> => {
      await writeFile(folder.path("new"), text);
      await rename(folder.path("new"), folder.path("policy.yaml"));
    };
    await write("default: { mode: never }");
    expect((await rejection(openScreeningPolicy(folder.path("policy.yaml"), logger), "a fault") as Error).message).to.match(/^LECTERN_SCREENING_POLICY: .*\/default\/mode/);
    await write("default: { mode: off }");
    const live = await openScreeningPolicy(folder.path("policy.yaml"), logger, 5);
    expect(live.current().of("a").mode).to.equal("off");
    await write("default: { mode: screen-first }");
    await eventually(() => live.current().of("a").mode === "screen-first");
    await write("default: { mode: never }");
    await eventually(() => said.some((line) => line.startsWith("The screening policy stays as it was")));
    expect(live.current().of("a").mode).to.equal("screen-first");
    live.close();
    await folder.remove();
  });
});
