import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { findErrorCode } from "../../../../config/errors.ts";
import { openVideoJobs, type SourcePorts, type VideoJobs } from "../../../../services/transcoder/video-jobs.ts";
import type { VideoState } from "../../../../services/videos/videos.contract.ts";
import { makeRecord, VIDEO_ID as ID } from "../../../support/sample-record.ts";
import { rejection } from "../../../support/rejection.ts";
import { accepted, stagedFacts, stagedPlan } from "../../../support/staged-plan.ts";

const isDeleted = (error: unknown): boolean => findErrorCode(error) === "video_deleted";
const STATE: VideoState = { record: makeRecord(), verdict: accepted(stagedFacts(8)), plan: stagedPlan(8), deleted: false };

describe("work on videos", () => {
  /** Answers of `videos.state`, given when the test says so. */
  let asked: ((state: VideoState) => void)[];
  let jobs: VideoJobs;
  beforeEach(() => {
    asked = [];
    const broker = { call: () => new Promise((resolve) => asked.push(resolve)) } as unknown as ServiceBroker;
    jobs = openVideoJobs(broker, {} as SourcePorts); // none of the work here reads a source
  });

  it("gets the plan, and asks for it once", async () => {
    const work = jobs.run(ID, ({ plan }) => Promise.resolve(plan));
    asked[0]?.(STATE);
    expect(await work).to.equal(STATE.plan);
    expect(await jobs.run(ID, ({ videoId }) => Promise.resolve(videoId))).to.equal(ID);
    expect(asked).to.have.length(1);
  });

  it("asks again for one that has changed", async () => {
    const before = jobs.getVideo(ID);
    asked[0]?.(STATE);
    expect((await before).twin).to.equal(undefined);
    jobs.refresh(ID);
    const after = jobs.getVideo(ID);
    asked[1]?.({ ...STATE, twin: { key: "k", of: "another" } });
    expect((await after).twin?.of).to.equal("another");
  });

  it("ends when the video is deleted", async () => {
    const begun = Promise.withResolvers<void>();
    const work = jobs.run(ID, ({ signal }) => new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve("ended"));
      begun.resolve();
    }));
    asked[0]?.(STATE);
    await begun.promise;
    jobs.forget(ID);
    expect(await work).to.equal("ended");
  });

  it("does not begin with an answer from before the deletion, nor keeps it", async () => {
    let begun = false;
    const work = jobs.run(ID, async () => { begun = true; });
    jobs.forget(ID);
    asked[0]?.(STATE);
    expect(await rejection(work, "work on a deleted video")).to.satisfy(isDeleted);
    expect(begun).to.equal(false);
    const again = jobs.getVideo(ID);
    asked[1]?.(STATE);
    expect(await rejection(again, "a deleted video")).to.satisfy(isDeleted);
  });
});
