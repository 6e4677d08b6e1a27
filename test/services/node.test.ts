/** node as its mesh sees it. */
import { tmpdir } from "node:os";
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { meshView } from "../../config/placement/mesh-view.ts";
import { nodeState } from "../../mixins/node-state.ts";
import type { NodeView } from "../../services/node/node.contract.ts";
import { nodeService } from "../../services/node/node.service.ts";
import { eventually } from "../support/eventually.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

describe("node service", function () {
  this.timeout(20_000);
  const brokers: ServiceBroker[] = [];
  const seen: NodeView[] = [];
  let namespace: string;
  before(async () => {
    namespace = freshNamespace();
    await Promise.all([join("near"), join("far")]);
    await brokers[0]?.waitForServices("node");
    await eventually(async () => (await call("state", "far").catch(() => undefined)) !== undefined);
  });
  afterEach(() => call("undrain", "far"));
  after(() => Promise.all(brokers.map((broker) => broker.stop())));

  async function join(nodeID: string): Promise<void> {
    const { url } = await sharedNats();
    const broker = quietBroker({ namespace, nodeID, transporter: { type: "NATS", options: { url } }, serializer: "CBOR" });
    brokers.push(broker);
    broker.createService(nodeService({ stopGraceMs: 0, dataDir: tmpdir() }));
    broker.createService({ name: `listener-${nodeID}`, events: { "node.changed": (ctx: { params: NodeView }) => { if (nodeID !== "far") seen.push(ctx.params); } } });
    await broker.start();
  }
  const call = (action: string, nodeID: string, params: object = {}): Promise<NodeView> => {
    const [near] = brokers;
    if (near === undefined) throw new Error("there is no mesh");
    return near.call<NodeView, object>(`node.${action}`, params, { nodeID });
  };
  const far = () => nodeState(brokers[1] ?? quietBroker());

  it("drains the node that is named, tells the mesh, and takes that back", async () => {
    let runs = 1;
    const end = far().countWork("runs", () => runs);
    expect(await call("drain", "far", { why: "An update." })).to.deep.include({ nodeID: "far", state: "draining", accepting: false, running: { runs: 1 } });
    expect(await call("state", "near")).to.deep.include({ nodeID: "near", state: "active", reasons: [], accepting: true });
    runs = 0;
    await eventually(() => seen.some(({ nodeID, state, reasons }) => nodeID === "far" && state === "drained" && reasons[0]?.message === "An update."));
    expect(await call("undrain", "far")).to.include({ state: "active", accepting: true });
    await eventually(() => seen.at(-1)?.state === "active");
    end();
  });

  it("keeps calls away from a node that does not take work, until it does", async () => {
    const accepts = (): boolean => meshView(brokers[1] ?? quietBroker()).own.report().accepting;
    expect(accepts()).to.equal(true);
    await call("drain", "far");
    expect(accepts()).to.equal(false);
    await call("undrain", "far");
    far().quarantine("disk", "The disk is full.");
    expect(accepts()).to.equal(false);
    far().release("disk");
    expect(accepts()).to.equal(true);
  });

  it("tells who joins later", async () => {
    far().quarantine("disk", "The disk is full.");
    seen.length = 0;
    await join("late");
    await eventually(() => seen.some(({ nodeID, state }) => nodeID === "far" && state === "quarantined"));
    far().release("disk");
  });
});
