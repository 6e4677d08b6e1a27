/** What a node counts of its mesh, on a NATS of its own that is taken away. */
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { meshMetrics } from "../../config/middlewares/mesh-metrics.ts";
import { eventually } from "../support/eventually.ts";
import { startNats, type TestServer } from "../support/nats.ts";
import { quietBroker } from "../support/quiet-broker.ts";

describe("mesh metrics", function () {
  this.timeout(30_000);
  let nats: TestServer;
  let near: ServiceBroker;
  const brokers: ServiceBroker[] = [];
  before(async () => {
    nats = await startNats();
    near = await join("near", "eu");
  });
  after(async () => {
    await Promise.all(brokers.map((broker) => broker.stop().catch(() => undefined)));
    await nats?.stop();
  });

  async function join(nodeID: string, region: string): Promise<ServiceBroker> {
    const broker = quietBroker({ nodeID, metadata: { region }, transporter: { type: "NATS", options: { url: nats.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 } }, heartbeatInterval: 1, heartbeatTimeout: 2, middlewares: [meshMetrics] });
    brokers.push(broker);
    const connected = near === undefined ? undefined : heard("$node.connected");
    await broker.start();
    await connected;
    return broker;
  }
  const heard = (event: string): Promise<void> => new Promise((resolve) => near.localBus.once(event, () => resolve()));
  const value = (name: string): unknown => (near.metrics.list({ includes: name })[0] as unknown as { values: { value: unknown }[] }).values[0]?.value;
  /** Its end comes by no message, as when it was killed. */
  async function vanish(broker: ServiceBroker): Promise<void> {
    const gone = heard("$node.disconnected");
    await (broker.transit as unknown as { tx: { client: { close(): Promise<void> } } }).tx.client.close();
    await gone;
  }

  it("counts nodes of its own region that went without leaving, and no others", async () => {
    const [lost, elsewhere, leaves] = [await join("lost", "eu"), await join("elsewhere", "us"), await join("leaves", "eu")];
    expect(value("lectern_mesh_nodes_lost_total")).to.equal(0);
    const left = heard("$node.disconnected");
    await leaves.stop();
    await left;
    await vanish(elsewhere);
    expect(value("lectern_mesh_nodes_lost_total")).to.equal(0);
    await vanish(lost);
    expect(value("lectern_mesh_nodes_lost_total")).to.equal(1);
  });

  it("says whether NATS is there", async () => {
    expect(value("lectern_nats_connected")).to.equal(1);
    const { port } = nats;
    await nats.stop();
    await eventually(() => value("lectern_nats_connected") === 0);
    nats = await startNats({ port });
    await eventually(() => value("lectern_nats_connected") === 1);
  });
});
