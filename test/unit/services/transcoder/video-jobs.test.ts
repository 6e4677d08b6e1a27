import { expect } from "chai";
import { isCancelled } from "../../../../mixins/cancelled.ts";
import { openVideoJobs, type SourcePorts } from "../../../../services/transcoder/video-jobs.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";
import { rejection } from "../../../support/rejection.ts";

describe("work on videos", () => {
  it("begins nothing new once the node leaves: a check that follows another would keep it from ending", async () => {
    const jobs = openVideoJobs(quietBroker(), {} as SourcePorts);
    jobs.abortAll();
    let begun = false;
    const error = await rejection(jobs.run("v", async () => { begun = true; }), "work after the node began to leave");
    expect([isCancelled(error), begun]).to.deep.equal([true, false]);
    await jobs.settled();
  });
});
