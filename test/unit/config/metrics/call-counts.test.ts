import { expect } from "chai";
import { callCounts } from "../../../../config/metrics/call-counts.ts";
import { callFamilies } from "../../../../services/metrics/call-families.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";

describe("the counts of calls", () => {
  it("have how many, how long by bound, and what failed, of each action that was called", async () => {
    const broker = quietBroker();
    const calls = callCounts(broker).of("sums.add", "sums");
    callCounts(broker).of("sums.never", "sums");
    for (const ms of [0.2, 1, 1.1, 2_100, 40_000]) calls.ended(ms);
    for (let n = 0; n < 3; n++) calls.ended(5, { code: 404, name: "MoleculerError", type: "video_not_found" });
    expect(callCounts(broker).list()).to.deep.equal([callCounts(broker).of("sums.add", "sums")]);
    expect([calls.count, calls.sumMs, calls.within(1), calls.within(2), calls.within(5), calls.within(2_000), calls.within(2_500), calls.within(30_000)]).to.deep.equal([8, 42_117.3, 2, 3, 6, 6, 7, 7]);
    expect(calls.faults()).to.deep.equal([{ code: 404, name: "MoleculerError", type: "video_not_found", times: 3 }]);
    await broker.stop();
  });

  it("are Prometheus' families with a node's labels, of each bound all that took no longer", async () => {
    const broker = quietBroker();
    const calls = callCounts(broker).of("sums.add", "sums");
    for (const ms of [3, 4_500, 60_000]) calls.ended(ms);
    const [total, errors, durations] = callFamilies(callCounts(broker).list(), "n");
    const labels = { action: "sums.add", service: "sums", nodeID: "n" };
    expect([total?.values, errors?.values]).to.deep.equal([[{ labels, value: 3 }], []]);
    expect(durations?.values).to.deep.equal([{ labels, sum: 64_503, count: 3, buckets: { 1: 0, 2: 0, 5: 1, 10: 1, 25: 1, 50: 1, 100: 1, 250: 1, 500: 1, 1000: 1, 2500: 1, 5000: 2, 10000: 2, 30000: 2 } }]);
    await broker.stop();
  });
});
