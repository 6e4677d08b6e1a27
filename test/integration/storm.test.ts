/** A short storm, with each fault once: a mesh of real processes whose members and servers are killed while it works. */
import { expect } from "chai";
import { FAULTS } from "../../chaos/storm/faults.ts";
import { runStorm } from "../../chaos/storm/run-storm.ts";

describe("a storm over the mesh", function () {
  this.timeout(300_000);

  it("loses nothing, writes nothing twice or wrong, and leaves nothing in the queue", async () => {
    const { faults, wrong, segments } = await runStorm({ chunks: 200, videos: 4, workers: 3, seed: 7, faults: FAULTS, calmMs: 400, limitMs: 240_000, log: () => undefined });
    console.log(`      ${segments} segments; ${faults.map(({ fault, recoveryMs }) => `${fault} ${(recoveryMs / 1000).toFixed(1)} s`).join(", ")}`);
    expect(wrong).to.deep.equal([]);
    expect(faults.map(({ fault }) => fault)).to.deep.equal(FAULTS);
  });
});
