import { expect } from "chai";
import { planOf } from "../../../../media/plan-video.ts";
import { isCancelled } from "../../../../mixins/cancelled.ts";
import { openVideoJobs, type SourcePorts } from "../../../../services/transcoder/video-jobs.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";
import { rejection } from "../../../support/rejection.ts";
import { accepted, stagedFacts } from "../../../support/staged-plan.ts";

describe("work on videos", () => {
  it("begins nothing new once the node leaves: a check that follows another would keep it from ending", async () => {
    const jobs = openVideoJobs(quietBroker(), {} as SourcePorts);
    jobs.abortAll();
    let begun = false;
    const error = await rejection(jobs.run("v", async () => { begun = true; }), "work after the node began to leave");
    expect([isCancelled(error), begun]).to.deep.equal([true, false]);
    await jobs.settled();
  });

  it("reads nothing of a source any more once its video is deleted: it would be kept again", async () => {
    const broker = quietBroker();
    const facts = stagedFacts(10);
    broker.createService({ name: "videos", actions: { state: () => ({ deleted: false, record: { source: { kind: "upload", uploadId: "u" } }, plan: planOf(facts), verdict: accepted(facts) }) } });
    await broker.start();
    const read: string[] = [];
    const ports = { demuxer: { packets: async () => read.push("packets") }, door: { open: () => read.push("file") }, profiles: { find: () => undefined } } as unknown as SourcePorts;
    const jobs = openVideoJobs(broker, ports);
    const span = { track: "video", index: 0, timescale: 1, from: 0, to: 1 } as const;
    await jobs.run("v", async (job) => {
      await job.readPackets(span);
      jobs.forget("v");
      const late = [async () => await job.readPackets(span), async () => job.openFile(), async () => job.openOriginal()];
      for (const reading of late) expect(isCancelled(await rejection(reading(), "a read"))).to.equal(true);
    });
    expect(read).to.deep.equal(["packets"]);
    await broker.stop();
  });
});
