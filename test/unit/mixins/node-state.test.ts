import { expect } from "chai";
import { nodeState, type NodeState } from "../../../mixins/node-state.ts";
import type { NodeView } from "../../../services/node/node.contract.ts";
import { quietBroker } from "../../support/quiet-broker.ts";

describe("node state", () => {
  let node: NodeState;
  let seen: Pick<NodeView, "state" | "accepting">[];
  beforeEach(() => {
    node = nodeState(quietBroker());
    seen = [];
    node.onChange(({ state, accepting }) => seen.push({ state, accepting }));
  });

  it("is one a broker", () => {
    const broker = quietBroker();
    expect(nodeState(broker)).to.equal(nodeState(broker)).and.not.equal(node);
  });

  it("drains until no work is left, and takes work again when it is told to", () => {
    let runs = 2;
    node.countWork("chunks", () => runs);
    expect([node.accepting, node.view().running]).to.deep.equal([true, { chunks: 2 }]);
    node.drain("An update.");
    node.settle();
    expect(node.view()).to.deep.include({ state: "draining", accepting: false, reasons: [{ code: "drain", message: "An update." }], running: { chunks: 2 } });
    runs = 0;
    node.settle();
    expect(node.view().state).to.equal("drained");
    node.undrain();
    expect(seen).to.deep.equal([{ state: "draining", accepting: false }, { state: "drained", accepting: false }, { state: "active", accepting: true }]);
  });

  it("is quarantined for as long as one reason stands", () => {
    node.quarantine("disk", "The disk is full.");
    node.quarantine("ffmpeg", "FFmpeg does not work.");
    node.release("disk");
    expect(node.view()).to.deep.include({ state: "quarantined", reasons: [{ code: "ffmpeg", message: "FFmpeg does not work." }] });
    node.release("ffmpeg");
    expect(node.accepting).to.equal(true);
    expect(seen.map(({ state }) => state)).to.deep.equal(["quarantined", "quarantined", "quarantined", "active"]);
  });

  it("shows a drain before a quarantine, with the reasons of both", () => {
    node.quarantine("disk", "The disk is full.");
    node.drain("An update.");
    expect(node.view()).to.deep.include({ state: "draining", reasons: [{ code: "drain", message: "An update." }, { code: "disk", message: "The disk is full." }] });
    node.undrain();
    expect(node.view().state).to.equal("quarantined");
  });

  it("cannot be called back when it leaves", () => {
    node.leave();
    node.undrain();
    expect([node.leaving, node.view().state]).to.deep.equal([true, "draining"]);
  });

  it("tells nothing twice, and all whom it tells, also when one fails", () => {
    node.onChange(() => { throw new Error("staged"); });
    let told = 0;
    const end = node.onChange(() => { told++; });
    node.quarantine("disk", "The disk is full.");
    node.quarantine("disk", "The disk is full.");
    expect(told).to.equal(1);
    end();
    node.release("disk");
    expect(told).to.equal(1);
  });
});
