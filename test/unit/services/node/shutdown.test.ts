import { expect } from "chai";
import { nodeState, type NodeState } from "../../../../mixins/node-state.ts";
import { openShutdown, type ShutdownPorts } from "../../../../services/node/shutdown.ts";
import { eventually } from "../../../support/eventually.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";

describe("the end of a node", () => {
  let state: NodeState;
  let told: string[];
  let busy: number;
  beforeEach(() => {
    state = nodeState(quietBroker());
    told = [];
    busy = 0;
    state.countWork("requests", () => busy);
    state.onChange(({ state: now }) => told.push(state.leaving ? "leaves" : now));
  });
  const open = (ports: Partial<ShutdownPorts> = {}) => openShutdown({
    state, graceMs: 0, viewersMs: 60_000, limitMs: 60_000, logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    stop: async () => { told.push("stops"); }, exit: (code) => { told.push(`exit ${code}`); }, ...ports,
  });

  it("drains, leaves, waits for viewers, stops and exits 0", async () => {
    busy = 1;
    open()("SIGTERM");
    await eventually(() => told.includes("leaves"));
    expect(told).to.deep.equal(["draining", "leaves"]);
    busy = 0;
    await eventually(() => told.length === 4);
    expect(told).to.deep.equal(["draining", "leaves", "stops", "exit 0"]);
  });

  it("does not wait for what can be handed back", async () => {
    state.countWork("chunks", () => 5, { returnable: true });
    open()("SIGTERM");
    await eventually(() => told.includes("exit 0"));
  });

  it("keeps its doors open for the grace", async () => {
    const shutDown = open({ graceMs: 60_000 });
    shutDown("SIGTERM");
    expect([told, state.leaving]).to.deep.equal([["draining"], false]);
    shutDown("SIGTERM");
    expect(told).to.deep.equal(["draining", "exit 1"]);
  });

  it("ends at its limit what does not end by itself", async () => {
    open({ limitMs: 20, stop: () => new Promise(() => undefined) })("SIGTERM");
    await eventually(() => told.includes("exit 1"));
  });

  it("cuts viewers off who take too long, in good order", async () => {
    busy = 1;
    open({ viewersMs: 10 })("SIGTERM");
    await eventually(() => told.includes("exit 0"));
    expect(told).to.deep.equal(["draining", "leaves", "stops", "exit 0"]);
  });
});
