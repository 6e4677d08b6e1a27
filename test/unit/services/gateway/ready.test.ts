import { expect } from "chai";
import { fail } from "../../../../config/errors.ts";
import { nodeState } from "../../../../mixins/node-state.ts";
import { openReadiness } from "../../../../services/gateway/ready.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";

describe("readiness", () => {
  const node = nodeState(quietBroker());
  const all = new Set(["videos", "source", "validator", "scheduler", "transcoder", "cache", "storage", "delivery"]);

  it("looks once for many who ask within a second", async () => {
    let [now, looks] = [0, 0];
    const readiness = openReadiness({ node, now: () => now, check: async () => "ok", runningServices: async () => { looks++; return all; } });
    await Promise.all([readiness.missing(), readiness.missing()]);
    now = 900;
    expect(await readiness.missing()).to.deep.equal([]);
    expect(looks).to.equal(1);
    now = 1_001;
    await readiness.missing();
    expect(looks).to.equal(2);
  });

  it("names services that nobody runs and checks that fail, and asks nothing of the absent", async () => {
    const asked: string[] = [];
    const readiness = openReadiness({
      node, now: () => 0,
      runningServices: async () => new Set([...all].filter((name) => name !== "transcoder")),
      check: async (action) => { asked.push(action); if (action === "scheduler.check") throw new Error("no Redis"); },
    });
    expect(await readiness.missing()).to.deep.equal(["transcoder", "scheduler.check"]);
    expect(asked).to.deep.equal(["storage.check", "scheduler.check"]);
  });

  it("says why a check fails where that is ours to tell", async () => {
    const readiness = openReadiness({
      node, now: () => 0,
      runningServices: async () => all,
      check: async (action) => { if (action === "storage.check") throw fail("storage_unavailable", "The object store answers 500."); },
    });
    expect(await readiness.missing()).to.deep.equal(["storage.check (The object store answers 500)"]);
  });

  it("is over at once when this node drains, and is back when it takes work again", async () => {
    const readiness = openReadiness({ node, now: () => 0, runningServices: async () => all, check: async () => "ok" });
    expect(await readiness.missing()).to.deep.equal([]);
    node.drain("An update.");
    expect(await readiness.missing()).to.deep.equal(["this node, which is draining"]);
    node.undrain();
    node.quarantine("ffmpeg", "staged");
    expect(await readiness.missing()).to.deep.equal([]);
  });
});
