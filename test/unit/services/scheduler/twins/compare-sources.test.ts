import { expect } from "chai";
import { fail, type ErrorCode } from "../../../../../config/errors.ts";
import { compareSources, type Comparison } from "../../../../../services/scheduler/twins/compare-sources.ts";
import { makeRecord } from "../../../../support/sample-record.ts";
import { accepted, stagedFacts, stagedPlan } from "../../../../support/staged-plan.ts";

const state = (id: string) => ({ record: makeRecord({ id, identity: id, source: { kind: "upload", uploadId: id } }), verdict: accepted(stagedFacts(4)), plan: stagedPlan(4), deleted: false });

/** Of two videos, when the first one's source fails so. */
const compare = (code: ErrorCode): Promise<Comparison> => compareSources(state("first"), state("second"), {
  random: () => 0,
  async digests({ source }) {
    if (source.kind === "upload" && source.uploadId === "first") throw fail(code, "staged");
    return { digests: ["a"] };
  },
});

describe("sources that are compared", () => {
  it("say nothing of one whose upload was given up: the next takes its place", async () => {
    for (const code of ["upload_incomplete", "upload_not_found"] as const) expect(await compare(code), code).to.equal("unreadable");
  });

  it("are compared again later when one has not arrived yet", async () => {
    expect(await compare("source_pending").then(() => undefined, (error: { type: string }) => error.type)).to.equal("source_pending");
  });
});
