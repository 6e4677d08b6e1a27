import { expect } from "chai";
import { findErrorCode } from "../../../../config/errors.ts";
import { openOperations } from "../../../../services/scheduler/operations.ts";
import type { VideoState } from "../../../../services/videos/videos.contract.ts";
import { makeRecord, VIDEO_ID } from "../../../support/sample-record.ts";
import { rejection } from "../../../support/rejection.ts";
import { stagedPlan } from "../../../support/staged-plan.ts";

const AT = "2026-01-01T00:00:00.000Z";
const RUNNING: VideoState = { record: makeRecord(), plan: stagedPlan(10), deleted: false };
const FAILED: VideoState = { ...RUNNING, outcome: { complete: false, at: AT, reasons: [{ class: "encode_failed", message: "" }] } };

/** What was asked of others, in order. */
function operationsOn(state: VideoState | undefined) {
  const calls: string[] = [];
  const operations = openOperations({
    state: async () => state, now: () => new Date(AT),
    queue: { revive: async () => calls.push("revive") },
    feeder: { feed: async () => { calls.push("feed"); } },
    reopen: async () => { calls.push("reopen"); },
    finish: async (_, outcome) => { calls.push(`finish ${JSON.stringify(outcome)}`); },
  });
  return { operations, calls };
}

describe("what an operator may do to a video's work", () => {
  it("gives work that was set aside another chance before the video: who sees the one without the other would end it again", async () => {
    const { operations, calls } = operationsOn(FAILED);
    await operations.retry(VIDEO_ID);
    expect(calls).to.deep.equal(["revive", "reopen", "feed"]);
  });

  it("leaves the work of a video alone that has not failed, and lets `videos` say why", async () => {
    const { operations, calls } = operationsOn({ ...RUNNING, outcome: { complete: true, at: AT } });
    await operations.retry(VIDEO_ID);
    expect(calls).to.deep.equal(["reopen", "feed"]);
  });

  it("leaves a video alone that has not ended, though it may fail a moment later", async () => {
    const { operations, calls } = operationsOn(RUNNING);
    expect(findErrorCode(await rejection(operations.retry(VIDEO_ID), "a video that goes on"))).to.equal("conflict");
    expect(calls).to.be.empty;
  });

  it("cancels what goes on, and nothing else", async () => {
    const running = operationsOn(RUNNING);
    await running.operations.cancel(VIDEO_ID);
    expect(running.calls).to.have.length(1);
    expect(running.calls[0]).to.match(/^finish .*"class":"cancelled"/);
    expect(findErrorCode(await rejection(operationsOn(FAILED).operations.cancel(VIDEO_ID), "an ended video"))).to.equal("conflict");
    expect(findErrorCode(await rejection(operationsOn(undefined).operations.cancel(VIDEO_ID), "no video"))).to.equal("video_not_found");
  });
});
