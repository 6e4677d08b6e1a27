import { expect } from "chai";
import type { Context, ServiceBroker } from "moleculer";
import type { CheckParams, CheckResult } from "../../../../services/quality/quality.contract.ts";
import { openInspection } from "../../../../services/transcoder/inspection.ts";
import { openSlots } from "../../../../services/transcoder/slots.ts";
import type { VideoJobs } from "../../../../services/transcoder/video-jobs.ts";
import type { Job } from "../../../../services/transcoder/workshop.ts";
import { eventually } from "../../../support/eventually.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";
import { stagedPlan } from "../../../support/staged-plan.ts";

const BYTES = Buffer.from("a segment");

describe("the check of what was made", () => {
  const checks: PromiseWithResolvers<CheckResult>[] = [];
  let broker: ServiceBroker;
  let reads = 0;

  before(async () => {
    broker = quietBroker();
    broker.createService({ name: "storage", actions: { head: () => null } });
    broker.createService({ name: "videos", actions: { noteQuality: () => undefined } });
    broker.createService({
      name: "quality",
      actions: {
        async check(ctx: Context<CheckParams>): Promise<CheckResult> {
          const check = Promise.withResolvers<CheckResult>();
          checks.push(check);
          await check.promise;
          return { reports: ctx.params.segments.map((_, n) => ({ segment: ctx.params.first + n, findings: [], frames: 1 })) };
        },
      },
    });
    await broker.start();
  });
  after(() => broker.stop());

  function stagedInspection() {
    const job = {
      videoId: "v", plan: stagedPlan(20), signal: new AbortController().signal,
      readPackets: async () => {
        reads++;
        return [];
      },
    } as unknown as Job;
    const jobs = { run: async (_id: string, work: (given: Job) => Promise<unknown>) => await work(job) } as unknown as VideoJobs;
    return openInspection({ broker, jobs, slots: openSlots(2), atOnce: 2 });
  }
  beforeEach(() => {
    checks.length = 0;
    reads = 0;
  });

  it("reads of the source what is checked, and not yet what waits for that", async () => {
    const inspection = stagedInspection();
    const inspected = ["a", "b", "c", "d"].map(async (id) => await inspection.inspect(id, "source", 0, BYTES));
    await eventually(() => checks.length === 2);
    expect(reads).to.equal(2);
    checks[0]?.resolve({ reports: [] });
    await eventually(() => checks.length === 3);
    expect(reads).to.equal(3);
    checks[1]?.resolve({ reports: [] });
    await eventually(() => checks.length === 4);
    for (const check of checks) check.resolve({ reports: [] });
    expect(await Promise.all(inspected)).to.deep.equal([BYTES, BYTES, BYTES, BYTES]);
    expect(reads).to.equal(4);
  });
});
